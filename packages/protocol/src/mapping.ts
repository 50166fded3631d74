import { z } from 'zod';
import { Endpoint, IpAddress, Port } from './address.ts';

/** When the next client bytes may go out: after the target's answer, at the client's own gaps, or as the window permits. */
export const Pacing = z.enum(['response', 'timing', 'window']);
export type Pacing = z.infer<typeof Pacing>;

/**
 * What becomes of a connection in whose middle a copy could begin, because it was open before the start or because its copy ended before it did:
 * left alone, copied from its next request on, or copied from the client's next byte on.
 */
export const MidStream = z.enum(['skip', 'boundary', 'immediate']);
export type MidStream = z.infer<typeof MidStream>;

/** Copies made of each session, 1-1000. */
export const Multiplier = z
  .int({ error: (issue) => `multiplier ${String(issue.input)} is not a whole number` })
  .min(1, { error: (issue) => `multiplier ${String(issue.input)} is below 1` })
  .max(1000, { error: (issue) => `multiplier ${String(issue.input)} is above 1000` });

/** One service to mirror, as the data plane needs it. */
export const MappingSpec = z.object({
  id: z.string().min(1),
  name: z.string().min(1),
  /** Where real clients arrive. No address: every address of the online server. */
  listen: z.object({ address: IpAddress.nullable(), port: Port }),
  target: Endpoint,
  multiplier: Multiplier,
  pacing: Pacing,
  /** Left out by consoles of before. */
  midStream: MidStream.default('boundary'),
});
export type MappingSpec = z.infer<typeof MappingSpec>;

/** How an online agent reaches and proves itself to an assistant's relay. Key: 32 bytes, base64. */
export const RelayCredential = z.object({ identity: z.string().min(1).max(128), key: z.base64() });
export type RelayCredential = z.infer<typeof RelayCredential>;

/** A mapping as an online agent is told it: with the assistant whose relay brings the target's answers. */
export const OnlineMapping = MappingSpec.extend({ relay: Endpoint.extend({ credential: RelayCredential.nullable() }) });
export type OnlineMapping = z.infer<typeof OnlineMapping>;
