import type { MappingInput, TokenView } from '@parallax/protocol';
import { AdapterChoice, AgentRole, Endpoint, everySession, Hello, HostFacts, MidStream, Pacing, realClients, Selection, Sources } from '@parallax/protocol';
import type { PrismaClient } from '../generated/sqlite/client.ts';
import type { AgentModel, ApiTokenModel, EventModel, MappingModel, UserModel } from '../generated/sqlite/models.ts';
import { type Agent, type Mapping, NameTaken, type Span, type SpanKey, type Store, type StoredEvent, type User } from './store.ts';

const toUser = (row: UserModel): User => ({ id: row.id, name: row.name, passwordHash: row.passwordHash, createdAtMs: row.createdAt.getTime() });

/** Facts of an older version that no longer parse read as not known; the agent tells them again at its next hello. */
const toAgent = (row: AgentModel): Agent => ({
  id: row.id,
  name: row.name,
  role: AgentRole.parse(row.role),
  tokenExpiresAtMs: row.tokenExpiresAt?.getTime() ?? null,
  createdAtMs: row.createdAt.getTime(),
  lastSeenAtMs: row.lastSeenAt?.getTime() ?? null,
  version: row.version,
  facts: HostFacts.nullable().catch(null).parse(row.facts),
  io: Hello.shape.io.nullable().catch(null).parse(row.io),
  relay: Endpoint.nullable().catch(null).parse(row.relay),
});

const toMapping = (row: MappingModel): Mapping => ({
  id: row.id,
  name: row.name,
  onlineAgentId: row.onlineAgentId,
  assistantAgentId: row.assistantAgentId,
  listen: { address: row.listenAddress, port: row.listenPort, lastPort: row.listenLastPort },
  target: { address: row.targetAddress, port: row.targetPort, lastPort: row.targetLastPort },
  multiplier: row.multiplier,
  pacing: Pacing.parse(row.pacing),
  midStream: MidStream.parse(row.midStream),
  adapter: AdapterChoice.parse(row.adapter),
  selection: row.selection === null ? everySession : Selection.parse(row.selection),
  sources: row.sources === null ? realClients : Sources.parse(row.sources),
  desired: row.desired === 'running' ? 'running' : 'stopped',
  relayIdentity: row.relayIdentity,
  relayKey: row.relayKey,
  createdAtMs: row.createdAt.getTime(),
  updatedAtMs: row.updatedAt.getTime(),
});

const toToken = (row: ApiTokenModel): TokenView => ({
  id: row.id,
  name: row.name,
  createdBy: row.createdBy,
  createdAtMs: row.createdAt.getTime(),
  lastUsedAtMs: row.lastUsedAt?.getTime() ?? null,
});

const mappingColumns = (input: MappingInput) => ({
  name: input.name,
  onlineAgentId: input.onlineAgentId,
  assistantAgentId: input.assistantAgentId,
  listenAddress: input.listen.address,
  listenPort: input.listen.port,
  listenLastPort: input.listen.lastPort ?? null,
  targetAddress: input.target.address,
  targetPort: input.target.port,
  targetLastPort: input.target.lastPort ?? null,
  multiplier: input.multiplier,
  pacing: input.pacing,
  midStream: input.midStream,
  adapter: input.adapter,
  selection: input.selection,
  sources: input.sources,
});

const toEvent = (row: EventModel): StoredEvent => ({
  atMs: row.at.getTime(),
  level: row.level === 'error' || row.level === 'warning' ? row.level : 'info',
  agentId: row.agentId,
  mappingId: row.mappingId,
  text: row.text,
});

/** P2002 is Prisma's code for a unique constraint. */
async function naming<T>(name: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if ((error as { code?: string }).code === 'P2002') throw new NameTaken(`the name "${name}" is taken`, { cause: error });
    throw error;
  }
}

const spansIn = ({ mappingId, stepS, fromMs, toMs }: Omit<SpanKey, 'atMs'> & { fromMs: number; toMs: number }) => ({
  mappingId,
  stepS,
  atMs: { gte: BigInt(fromMs), lt: BigInt(toMs) },
});

type SpanRow = { atMs: bigint; packed: Uint8Array };

/** The store over either generated client. */
export class PrismaStore implements Store {
  #db: PrismaClient;
  #release: () => Promise<void> = async () => {};
  constructor(db: PrismaClient) {
    this.#db = db;
  }

  /** What ends with the store. */
  onClose(release: () => Promise<void>): void {
    this.#release = release;
  }

  async hasUser() {
    return (await this.#db.user.count()) > 0;
  }
  async listUsers() {
    return (await this.#db.user.findMany({ orderBy: { name: 'asc' } })).map(toUser);
  }
  async findUser(name: string) {
    const row = await this.#db.user.findUnique({ where: { name } });
    return row && toUser(row);
  }
  async createUser(user: { name: string; passwordHash: string }) {
    return toUser(await naming(user.name, this.#db.user.create({ data: user })));
  }
  async setPasswordHash(userId: string, passwordHash: string) {
    await this.#db.user.update({ where: { id: userId }, data: { passwordHash } });
  }

  async createLogin(login: { tokenHash: string; userId: string; expiresAtMs: number }) {
    await this.#db.session.create({ data: { tokenHash: login.tokenHash, userId: login.userId, expiresAt: new Date(login.expiresAtMs) } });
  }
  async findLogin(tokenHash: string, nowMs: number) {
    const row = await this.#db.session.findUnique({ where: { tokenHash }, include: { user: true } });
    return row && row.expiresAt.getTime() > nowMs ? toUser(row.user) : null;
  }
  async deleteLogin(tokenHash: string) {
    await this.#db.session.deleteMany({ where: { tokenHash } });
  }
  async deleteOtherLogins(userId: string, keptTokenHash: string) {
    await this.#db.session.deleteMany({ where: { userId, tokenHash: { not: keptTokenHash } } });
  }
  async deleteExpiredLogins(nowMs: number) {
    await this.#db.session.deleteMany({ where: { expiresAt: { lte: new Date(nowMs) } } });
  }

  async listApiTokens() {
    return (await this.#db.apiToken.findMany({ orderBy: { name: 'asc' } })).map(toToken);
  }
  async createApiToken(token: { name: string; tokenHash: string; createdBy: string }) {
    return toToken(await naming(token.name, this.#db.apiToken.create({ data: token })));
  }
  async findApiToken(tokenHash: string) {
    const row = await this.#db.apiToken.findUnique({ where: { tokenHash } });
    return row && toToken(row);
  }
  async recordTokenUse(id: string, atMs: number) {
    await this.#db.apiToken.updateMany({ where: { id }, data: { lastUsedAt: new Date(atMs) } });
  }
  async deleteApiToken(id: string) {
    await this.#db.apiToken.deleteMany({ where: { id } });
  }

  async listAgents() {
    return (await this.#db.agent.findMany({ orderBy: { name: 'asc' } })).map(toAgent);
  }
  async createAgent(agent: { name: string; role: AgentRole; tokenHash: string; tokenExpiresAtMs: number }) {
    const { tokenExpiresAtMs, ...data } = agent;
    return toAgent(await naming(agent.name, this.#db.agent.create({ data: { ...data, tokenExpiresAt: new Date(tokenExpiresAtMs) } })));
  }
  async findAgentByToken(tokenHash: string) {
    const row = await this.#db.agent.findUnique({ where: { tokenHash } });
    return row && toAgent(row);
  }
  async recordHello(id: string, hello: Hello, atMs: number) {
    const data = { lastSeenAt: new Date(atMs), tokenExpiresAt: null, version: hello.agentVersion, facts: hello.facts, io: hello.io };
    await this.#db.agent.updateMany({ where: { id }, data: hello.relay ? { ...data, relay: hello.relay } : data });
  }
  async recordSeen(id: string, atMs: number) {
    await this.#db.agent.updateMany({ where: { id }, data: { lastSeenAt: new Date(atMs) } });
  }
  async deleteAgent(id: string) {
    await this.#db.agent.deleteMany({ where: { id } });
  }

  async listMappings() {
    return (await this.#db.mapping.findMany({ orderBy: { name: 'asc' } })).map(toMapping);
  }
  async createMapping(input: MappingInput, relay: { relayIdentity: string; relayKey: string }) {
    const data = { ...mappingColumns(input), ...relay, desired: 'stopped' };
    return toMapping(await naming(input.name, this.#db.mapping.create({ data })));
  }
  async updateMapping(id: string, input: MappingInput, relay: { relayIdentity: string; relayKey: string }) {
    return toMapping(await naming(input.name, this.#db.mapping.update({ where: { id }, data: { ...mappingColumns(input), ...relay } })));
  }
  async setDesired(ids: readonly string[], desired: 'running' | 'stopped') {
    await this.#db.mapping.updateMany({ where: { id: { in: [...ids] } }, data: { desired } });
  }
  async deleteMapping(id: string) {
    await this.#db.mapping.deleteMany({ where: { id } });
    await this.#db.comparisonSpan.deleteMany({ where: { mappingId: id } });
  }

  async addEvent(event: StoredEvent) {
    const { atMs, ...rest } = event;
    await this.#db.event.create({ data: { ...rest, at: new Date(atMs) } });
  }
  async listEvents(filter: { mappingId: string; agentIds: readonly string[]; limit: number }) {
    const where = { OR: [{ mappingId: filter.mappingId }, { mappingId: null, agentId: { in: [...filter.agentIds] } }] };
    return (await this.#db.event.findMany({ where, orderBy: { id: 'desc' }, take: filter.limit })).map(toEvent);
  }
  async trimEvents(keep: number) {
    const [oldest] = await this.#db.event.findMany({ orderBy: { id: 'desc' }, skip: keep, take: 1, select: { id: true } });
    if (oldest) await this.#db.event.deleteMany({ where: { id: { lte: oldest.id } } });
  }

  async putSpans(spans: readonly Span[]) {
    // Prisma's own upsert asks before it writes, and takes twenty times as long.
    const put = ({ mappingId, stepS, atMs, total, kinds }: Span) => this.#db.$executeRaw`
      INSERT INTO "ComparisonSpan" ("mappingId", "stepS", "atMs", "total", "kinds") VALUES (${mappingId}, ${stepS}, ${BigInt(atMs)}, ${total}, ${kinds})
      ON CONFLICT ("mappingId", "stepS", "atMs") DO UPDATE SET "total" = excluded."total", "kinds" = excluded."kinds"`;
    if (spans.length > 0) await this.#db.$transaction(spans.map(put));
  }
  async listSpans(filter: Omit<SpanKey, 'atMs'> & { fromMs: number; toMs: number; part: 'total' | 'kinds' }) {
    // By hand as well: findMany takes four times as long to hand over blobs.
    const { mappingId, stepS, fromMs, toMs, part } = filter;
    const rows = await (part === 'total'
      ? this.#db.$queryRaw<
          SpanRow[]
        >`SELECT "atMs", "total" AS "packed" FROM "ComparisonSpan" WHERE "mappingId" = ${mappingId} AND "stepS" = ${stepS} AND "atMs" >= ${BigInt(fromMs)} AND "atMs" < ${BigInt(toMs)} ORDER BY "atMs"`
      : this.#db.$queryRaw<
          SpanRow[]
        >`SELECT "atMs", "kinds" AS "packed" FROM "ComparisonSpan" WHERE "mappingId" = ${mappingId} AND "stepS" = ${stepS} AND "atMs" >= ${BigInt(fromMs)} AND "atMs" < ${BigInt(toMs)} ORDER BY "atMs"`);
    return rows.map(({ atMs, packed }) => ({ atMs: Number(atMs), packed }));
  }
  async listSpanTimes(filter: Omit<SpanKey, 'atMs'> & { fromMs: number; toMs: number }) {
    const rows = await this.#db.comparisonSpan.findMany({ where: spansIn(filter), orderBy: { atMs: 'asc' }, select: { atMs: true } });
    return rows.map((row) => Number(row.atMs));
  }
  async lastSpanAtMs(mappingId: string, stepS: number) {
    const row = await this.#db.comparisonSpan.findFirst({ where: { mappingId, stepS }, orderBy: { atMs: 'desc' }, select: { atMs: true } });
    return row && Number(row.atMs);
  }
  async trimSpans(mappingId: string, stepS: number, beforeMs: number) {
    await this.#db.comparisonSpan.deleteMany({ where: { mappingId, stepS, atMs: { lt: BigInt(beforeMs) } } });
  }

  async ping() {
    await this.#db.user.count();
  }
  async close() {
    await this.#db.$disconnect();
    await this.#release();
  }
}
