// What crosses HTTP between a browser (or a script) and the console, under /api/v1.
import { z } from 'zod';
import { IpAddress, Port } from './address.ts';
import { AgentRole } from './agent.ts';
import type { LoadQuery } from './load.ts';
import { mappingFields } from './mapping.ts';

/** Every answer that is not 2xx. `field` names the input that is wrong, dotted, when one is. */
export const ApiError = z.object({ error: z.object({ message: z.string(), field: z.string().nullable() }) });
export type ApiError = z.infer<typeof ApiError>;

const userName = z.string().trim().min(1, 'a name is needed').max(64);
const newPassword = z.string().min(10, 'the password needs at least 10 characters').max(256);

/** POST /setup: makes the first administrator. `code` is printed once by the console when it has no user. */
export const SetupRequest = z.object({ code: z.string().trim().min(1, 'the code printed by the console is needed'), name: userName, password: newPassword });
export type SetupRequest = z.infer<typeof SetupRequest>;

/** POST /login */
export const LoginRequest = z.object({ name: userName, password: z.string().min(1, 'a password is needed').max(256) });
export type LoginRequest = z.infer<typeof LoginRequest>;

/** POST /password: of whoever is logged in. */
export const ChangePasswordRequest = z.object({ current: z.string().min(1, 'the current password is needed').max(256), password: newPassword });
export type ChangePasswordRequest = z.infer<typeof ChangePasswordRequest>;

/** POST /tokens: a key that lets a script read what a person may see, and change nothing; the answer holds it, once. */
export const CreateTokenRequest = z.object({ name: z.string().trim().min(1, 'a name is needed').max(64) });
export type CreateTokenRequest = z.infer<typeof CreateTokenRequest>;

/** A key as GET /tokens returns it. */
export const TokenView = z.object({ id: z.string(), name: z.string(), createdBy: z.string(), createdAtMs: z.number(), lastUsedAtMs: z.number().nullable() });
export type TokenView = z.infer<typeof TokenView>;
export const CreateTokenAnswer = TokenView.extend({ token: z.string() });
export type CreateTokenAnswer = z.infer<typeof CreateTokenAnswer>;

/** POST /agents: a place for an agent to join; the answer holds its token, once. */
export const CreateAgentRequest = z.object({
  name: z
    .string()
    .trim()
    .min(1, 'a name is needed')
    .max(64)
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'letters, digits, dot, dash and underscore only, beginning with a letter or digit'),
  role: AgentRole,
});
export type CreateAgentRequest = z.infer<typeof CreateAgentRequest>;
export const CreateAgentAnswer = z.object({ id: z.string(), name: z.string(), role: AgentRole, token: z.string(), expiresAtMs: z.number() });
export type CreateAgentAnswer = z.infer<typeof CreateAgentAnswer>;

/** POST /mappings, PUT /mappings/:id */
export const MappingInput = z.object({
  name: z.string().trim().min(1, 'a name is needed').max(64),
  onlineAgentId: z.string().min(1, 'choose the online agent'),
  assistantAgentId: z.string().min(1, 'choose the assistant agent'),
  ...mappingFields,
});
export type MappingInput = z.infer<typeof MappingInput>;
/** What a script may leave out has a default: every session, the clients' own addresses. */
export type MappingRequest = z.input<typeof MappingInput>;

/** A mapping as GET /mappings returns it. */
export const MappingView = MappingInput.extend({ id: z.string(), desired: z.enum(['running', 'stopped']), createdAtMs: z.number(), updatedAtMs: z.number() });
export type MappingView = z.infer<typeof MappingView>;

/** GET /agents/:id/load?port=&lastPort=&address=&first=&last=: what `LoadQuery` asks, as text. The answer is a `Load`. */
export const LoadRequest = z
  .object({
    address: IpAddress.optional(),
    port: z.coerce.number().pipe(Port),
    lastPort: z.coerce.number().pipe(Port).optional(),
    first: z.coerce.number().pipe(Port),
    last: z.coerce.number().pipe(Port),
  })
  .transform(
    ({ address, port, lastPort, first, last }): LoadQuery => ({
      listen: { address: address ?? null, port, lastPort: lastPort ?? null },
      ports: { first, last },
    }),
  );
