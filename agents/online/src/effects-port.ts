// What the engine asks of the world: segments to the card, latencies to the sampler of their mapping.
import type { Inject } from '@parallax/device';
import type { Effects, Mapping, Refusal, Side } from '@parallax/engine';
import type { Segment } from '@parallax/wire';
import type { Sampler } from './sampler.ts';

export class EffectsPort implements Effects {
  readonly samplers = new Map<Mapping, Sampler>();
  readonly #inject: Inject;
  readonly #heard: Pick<Effects, 'ask' | 'refuse' | 'notUnderstood'>;

  constructor(inject: Inject, heard: Pick<Effects, 'ask' | 'refuse' | 'notUnderstood'>) {
    this.#inject = inject;
    this.#heard = heard;
  }

  inject(segment: Segment): void {
    this.#inject.send(segment);
  }
  answered(mapping: Mapping, side: Side, kind: string, firstByteUs: number): void {
    this.samplers.get(mapping)?.answered(side, kind, firstByteUs);
  }
  finished(mapping: Mapping, side: Side, kind: string, lastByteUs: number, isError: boolean): void {
    this.samplers.get(mapping)?.finished(side, kind, lastByteUs, isError);
  }
  paired(mapping: Mapping, kind: string, onlineUs: number, targetUs: number): void {
    this.samplers.get(mapping)?.paired(kind, onlineUs, targetUs);
  }
  held(mapping: Mapping, kind: string, us: number): void {
    this.samplers.get(mapping)?.held(kind, us);
  }
  connected(mapping: Mapping, side: Side, us: number): void {
    this.samplers.get(mapping)?.connected(side, us);
  }
  ask(mapping: Mapping): void {
    this.#heard.ask(mapping);
  }
  refuse(mapping: Mapping, why: Refusal): void {
    this.#heard.refuse(mapping, why);
  }
  notUnderstood(mapping: Mapping, side: Side, reason: string): void {
    this.samplers.get(mapping)?.notUnderstood(side);
    this.#heard.notUnderstood(mapping, side, reason);
  }
  clockSet(mapping: Mapping, side: Side): void {
    this.samplers.get(mapping)?.clockSet(side);
  }
  reset(mapping: Mapping, side: Side): void {
    this.samplers.get(mapping)?.reset(side);
  }
}
