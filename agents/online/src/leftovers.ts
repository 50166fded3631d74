// Sessions that are parked leave their objects behind. Collecting those is a pause, but where little else is allocated V8 never does.

/** So many parked sessions are worth it: some 5 MiB. */
const LEAST_PARKS = 4096;
/** A pause takes about a millisecond for each MiB that stays: sessions that are awake take one for each 800. */
const MOST_AWAKE = 10_000;
/** Packets in a second; where more come, V8 collects by itself sooner or later, and a pause would hold up many of them. */
const QUIET_PACKETS = 2000;

export interface Parked {
  /** How often a session was parked so far, and how many sessions are not parked. */
  parks: number;
  awake: number;
  /** Packets captured so far. */
  packets: number;
}

/** When to collect: twice, a second apart, since pages of which some is in use are emptied by the second time only. */
export class Leftovers {
  #parks = 0;
  #packets = 0;
  #collectedParks = 0;
  #isAgain = false;

  /** Called every second. True: collect now. */
  onSecond({ parks, awake, packets }: Parked): boolean {
    const isParking = parks !== this.#parks;
    const isBusy = packets - this.#packets > QUIET_PACKETS;
    this.#parks = parks;
    this.#packets = packets;
    if (isParking || isBusy || awake > MOST_AWAKE) return false;
    if (this.#isAgain) {
      this.#isAgain = false;
      return true;
    }
    if (parks - this.#collectedParks < LEAST_PARKS) return false;
    this.#collectedParks = parks;
    this.#isAgain = true;
    return true;
  }
}
