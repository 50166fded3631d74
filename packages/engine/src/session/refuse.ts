import type { Mapping, Refusal } from '../mapping.ts';
import type { Work } from '../work.ts';

/** The mapping's traffic cannot be copied. Told once; whoever hears it removes the mapping. */
export function refuse(work: Work, mapping: Mapping, why: Refusal): void {
  if (mapping.refusal !== null || mapping.isStopping) return;
  mapping.refusal = why;
  work.out.refuse(mapping, why);
}
