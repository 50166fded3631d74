// Which sessions a mapping copies.
import { z } from 'zod';
import { CidrText, findOverlap } from './cidr.ts';

const percentOf = (what: string) =>
  z
    .number({ error: (issue) => `${what} ${String(issue.input)} is not a number` })
    .min(0, { error: (issue) => `${what} ${String(issue.input)} is below 0` })
    .max(100, { error: (issue) => `${what} ${String(issue.input)} is above 100` });

const wholeOf = (what: string, least: number, most: number) =>
  z
    .int({ error: (issue) => `${what} ${String(issue.input)} is not a whole number` })
    .min(least, { error: (issue) => `${what} ${String(issue.input)} is below ${least}` })
    .max(most, { error: (issue) => `${what} ${String(issue.input)} is above ${most}` });

/** Networks of clients, none of which holds another. */
const networks = z
  .array(CidrText)
  .max(256, { error: 'at most 256 networks' })
  .superRefine((list, context) => {
    const overlap = findOverlap(list);
    if (overlap !== null) context.addIssue({ code: 'custom', message: `${overlap[0]} and ${overlap[1]} overlap: leave one of them out` });
  });

/** `fromPercent` when the mapping starts, then in equal steps to the selection's percentage; each step is held for `stepSeconds`, the last for good. */
export const Ramp = z.object({
  fromPercent: percentOf('percentage'),
  steps: wholeOf('number of steps', 1, 1000),
  stepSeconds: wholeOf('length of a step', 1, 86_400),
});
export type Ramp = z.infer<typeof Ramp>;

export const Selection = z.object({
  /** Of the sessions of the clients below. */
  percent: percentOf('percentage'),
  /** Drawn for each session, or for each client address, which is then in or out with all its sessions. */
  by: z.enum(['session', 'client']),
  /** Clients of these networks; none: of all. */
  include: networks,
  /** But not of these. */
  exclude: networks,
  /** Sessions copied at a time at most; null: no bound. */
  maxSessions: wholeOf('bound on sessions', 1, 10_000_000).nullable(),
  ramp: Ramp.nullable(),
});
export type Selection = z.infer<typeof Selection>;

export const everySession: Selection = { percent: 100, by: 'session', include: [], exclude: [], maxSessions: null, ramp: null };
