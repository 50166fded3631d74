// What the engine asks of the world: segments to the card, latencies to the sampler of their mapping.
import type { Inject } from '@parallax/device';
import type { Effects, Mapping, Refusal, Side } from '@parallax/engine';
import type { Segment } from '@parallax/wire';
import type { Sampler } from './sampler.ts';

export class EffectsPort implements Effects {
  readonly #samplers = new Map<Mapping, Sampler>();
  /** Asked for last: most calls are about the same mapping. */
  #mapping: Mapping | null = null;
  #sampler: Sampler | undefined;
  readonly #inject: Inject;
  readonly #heard: Pick<Effects, 'ask' | 'refuse' | 'notUnderstood'>;

  constructor(inject: Inject, heard: Pick<Effects, 'ask' | 'refuse' | 'notUnderstood'>) {
    this.#inject = inject;
    this.#heard = heard;
  }

  /** What is measured of the mapping goes to this sampler; to none if it is null. */
  sampleTo(mapping: Mapping, sampler: Sampler | null): void {
    if (sampler === null) this.#samplers.delete(mapping);
    else this.#samplers.set(mapping, sampler);
    this.#mapping = null;
  }

  #of(mapping: Mapping): Sampler | undefined {
    if (mapping !== this.#mapping) {
      this.#mapping = mapping;
      this.#sampler = this.#samplers.get(mapping);
    }
    return this.#sampler;
  }

  inject(segment: Segment): void {
    this.#inject.send(segment);
  }
  answered(mapping: Mapping, side: Side, kind: string, firstByteUs: number): void {
    this.#of(mapping)?.answered(side, kind, firstByteUs);
  }
  finished(mapping: Mapping, side: Side, kind: string, lastByteUs: number, isError: boolean): void {
    this.#of(mapping)?.finished(side, kind, lastByteUs, isError);
  }
  paired(mapping: Mapping, kind: string, onlineUs: number, targetUs: number): void {
    this.#of(mapping)?.paired(kind, onlineUs, targetUs);
  }
  held(mapping: Mapping, kind: string, us: number): void {
    this.#of(mapping)?.held(kind, us);
  }
  connected(mapping: Mapping, side: Side, us: number): void {
    this.#of(mapping)?.connected(side, us);
  }
  ask(mapping: Mapping): void {
    this.#heard.ask(mapping);
  }
  refuse(mapping: Mapping, why: Refusal): void {
    this.#heard.refuse(mapping, why);
  }
  notUnderstood(mapping: Mapping, side: Side, reason: string): void {
    this.#of(mapping)?.notUnderstood(side);
    this.#heard.notUnderstood(mapping, side, reason);
  }
  clockSet(mapping: Mapping, side: Side): void {
    this.#of(mapping)?.clockSet(side);
  }
  reset(mapping: Mapping, side: Side): void {
    this.#of(mapping)?.reset(side);
  }
}
