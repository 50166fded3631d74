// When the packet path takes more of its host than it may: whole sessions are left out, first those that begin, then the youngest. Pure.

/** What a packet path may use; null: no such limit. CPU is of one core, memory what is resident. */
export interface LoadLimits {
  readonly cpuPercent: number | null;
  readonly memoryMiB: number | null;
  readonly packetsPerSecond: number | null;
}

/** What it used in the last second. */
export interface Load {
  readonly cpuPercent: number;
  readonly memoryMiB: number;
  readonly packetsPerSecond: number;
}

/** Seconds above a limit before anything is done: one may be a burst. */
const BEGIN_AFTER_S = 2;
/** Seconds above it although nothing new is copied, before copies are ended; and between two cuts, so that each shows what it brought. */
const CUT_AFTER_S = 3;
/** Seconds below `CALM` of every limit before new sessions are copied again. */
const END_AFTER_S = 5;
const CALM = 0.9;
/** Of the sessions, what is ended at once at most; memory comes back slowly and says nothing of how many are too many. */
const MOST_CUT = 0.5;
const MEMORY_CUT = 0.1;

const words = { cpuPercent: ['CPU', ' %'], memoryMiB: ['memory', ' MiB'], packetsPerSecond: ['packets sent', '/s'] } as const;
type Name = keyof typeof words;
const names = Object.keys(words) as Name[];

export class Shedding {
  readonly #limits: LoadLimits;
  #aboveS = 0;
  #calmS = 0;
  /** Why sessions are left out now, by the figures of when that began or of the last cut; null while none are. */
  reason: string | null = null;

  constructor(limits: LoadLimits) {
    this.#limits = limits;
  }

  /** Once a second. Returns the share of the sessions, 0 to 0.5, whose copies are to be ended now, youngest first. */
  onSecond(load: Load): number {
    const worst = this.#worst(load);
    if (worst === null) return 0;
    this.#aboveS = worst.ratio > 1 ? this.#aboveS + 1 : 0;
    this.#calmS = worst.ratio < CALM ? this.#calmS + 1 : 0;
    if (this.reason === null) {
      if (this.#aboveS < BEGIN_AFTER_S) return 0;
      this.#aboveS = 0;
    } else if (this.#calmS >= END_AFTER_S) {
      this.reason = null;
      return 0;
    }
    this.reason ??= this.#say(worst.name, load);
    if (this.#aboveS < CUT_AFTER_S) return 0;
    this.#aboveS = 0;
    this.reason = this.#say(worst.name, load);
    return worst.name === 'memoryMiB' ? MEMORY_CUT : Math.min(MOST_CUT, 1 - 1 / worst.ratio);
  }

  #say(name: Name, load: Load): string {
    const [what, unit] = words[name];
    return `shedding, ${what} ${Math.round(load[name])}${unit} of ${this.#limits[name]}${unit}: new sessions are not copied`;
  }

  #worst(load: Load): { name: Name; ratio: number } | null {
    let worst: { name: Name; ratio: number } | null = null;
    for (const name of names) {
      const limit = this.#limits[name];
      if (limit === null) continue;
      const ratio = load[name] / limit;
      if (worst === null || ratio > worst.ratio) worst = { name, ratio };
    }
    return worst;
  }
}
