import { z } from 'zod';
import { AdapterChoice } from './adapter.ts';
import { Endpoint, IpAddress, Port } from './address.ts';
import { everySession, Selection } from './selection.ts';
import { realClients, Share, Sources, wholeShare } from './sources.ts';

/** When the next client bytes may go out: after the target's answer, at the client's own gaps, or as the window permits. */
export const Pacing = z.enum(['response', 'timing', 'window']);
export type Pacing = z.infer<typeof Pacing>;

/**
 * What becomes of a connection in whose middle a copy could begin, because it was open before the start or because its copy ended before it did:
 * left alone, copied from its next request on, or copied from the client's next byte on.
 */
export const MidStream = z.enum(['skip', 'boundary', 'immediate']);
export type MidStream = z.infer<typeof MidStream>;

/** Copies made of each session, 0.01-1000. The fraction is the share of the sessions that get one more: at 2.5 half of them have three. */
export const Multiplier = z
  .number({ error: (issue) => `multiplier ${String(issue.input)} is not a number` })
  .min(0.01, { error: (issue) => `multiplier ${String(issue.input)} is below 0.01` })
  .max(1000, { error: (issue) => `multiplier ${String(issue.input)} is above 1000` });

/** Where real clients arrive. No address: every address of the online server. With a last port: every port from the first to it. */
export const Listen = z.object({ address: IpAddress.nullable(), port: Port, lastPort: Port.nullable().optional() });
export type Listen = z.infer<typeof Listen>;

/** Where copies go. With a last port each port listened on has its own, in order; without, all lead to the one. */
export const Target = Endpoint.extend({ lastPort: Port.nullable().optional() });
export type Target = z.infer<typeof Target>;

/** Ports of a range at most: each is an entry in the filters of two kernels. */
export const RANGE_MOST = 1024;

type Ports = { port: number; lastPort?: number | null | undefined };
export const lastPortOf = ({ port, lastPort }: Ports): number => lastPort ?? port;
export const portCountOf = (ports: Ports): number => lastPortOf(ports) - ports.port + 1;

/** What is wrong with the ranges of a mapping, as [field, sentence]; null if nothing is. */
export function rangeProblem(listen: Ports, target: Ports): ['listen.lastPort' | 'target.lastPort', string] | null {
  const count = portCountOf(listen);
  if (count < 1) return ['listen.lastPort', `the last port ${lastPortOf(listen)} is below the first, ${listen.port}`];
  if (count > RANGE_MOST) return ['listen.lastPort', `a range of ${count} ports is more than ${RANGE_MOST}: make several mappings of it`];
  const targets = portCountOf(target);
  if (targets !== 1 && targets !== count)
    return ['target.lastPort', `${count} ports lead to ${Math.max(0, targets)}: give as many, up to ${target.port + count - 1}, or only the first for all`];
  return null;
}

/** What an operator says of a mapping: which sessions are copied, how often, where to and as whom. */
export const mappingFields = {
  listen: Listen,
  target: Target,
  multiplier: Multiplier,
  pacing: Pacing,
  /** Left out by consoles of before. */
  midStream: MidStream.default('boundary'),
  adapter: AdapterChoice.default('turns'),
  selection: Selection.default(everySession),
  sources: Sources.default(realClients),
};

/** One service to mirror, as the data plane needs it. */
export const MappingSpec = z.object({ id: z.string().min(1), name: z.string().min(1), ...mappingFields });
export type MappingSpec = z.infer<typeof MappingSpec>;

/** How an online agent reaches and proves itself to an assistant's relay. Key: 32 bytes, base64. */
export const RelayCredential = z.object({ identity: z.string().min(1).max(128), key: z.base64() });
export type RelayCredential = z.infer<typeof RelayCredential>;

/** A mapping as an online agent is told it: with the assistant whose relay brings the target's answers. */
export const OnlineMapping = MappingSpec.extend({
  relay: Endpoint.extend({ credential: RelayCredential.nullable() }),
  /** Further assistants, over which the target's answers may come as well; nothing is sent while one of them is away. */
  moreRelays: z.array(Endpoint).max(16).default([]),
  share: Share.default(wholeShare),
}).superRefine(({ listen, target }, context) => {
  const problem = rangeProblem(listen, target);
  if (problem !== null) context.addIssue({ code: 'custom', path: problem[0].split('.'), message: problem[1] });
});
export type OnlineMapping = z.infer<typeof OnlineMapping>;
