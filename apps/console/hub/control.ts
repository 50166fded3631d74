// What an operator can do. Checks first, stores, then tells agents; one write at a time, so that two cannot contradict.
import { randomBytes } from 'node:crypto';
import type { AgentRole, CreateAgentAnswer, CreateTokenAnswer, Load, LoadQuery, MappingInput, MappingView } from '@parallax/protocol';
import { hashToken, newToken } from '../account/secrets.ts';
import { mappingProblems } from '../lib/mapping-rules.ts';
import { copyingWords, portsWords, targetWords } from '../lib/mapping-words.ts';
import { type Mapping, NameTaken } from '../store/store.ts';
import { type Hub, toMappingView } from './hub.ts';
import { Refused } from './refused.ts';

const tokenLifetimeMs = 3_600_000;

export class Control {
  #hub: Hub;
  #last: Promise<unknown> = Promise.resolve();

  constructor(hub: Hub) {
    this.#hub = hub;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }

  createAgent(request: { name: string; role: AgentRole }, by: string): Promise<CreateAgentAnswer> {
    return this.#inTurn(async () => {
      const token = newToken('plxa');
      const expiresAtMs = this.#hub.now() + tokenLifetimeMs;
      try {
        const agent = await this.#hub.store.createAgent({ ...request, tokenHash: hashToken(token), tokenExpiresAtMs: expiresAtMs });
        this.#hub.setAgent(agent);
        this.#hub.note({ level: 'info', agentId: agent.id, mappingId: null, text: `${agent.role} agent ${agent.name} added by ${by}` });
        return { id: agent.id, name: agent.name, role: agent.role, token, expiresAtMs };
      } catch (error) {
        if (error instanceof NameTaken) throw new Refused(409, `an agent named "${request.name}" exists already`, 'name');
        throw error;
      }
    });
  }

  deleteAgent(id: string, by: string): Promise<void> {
    return this.#inTurn(async () => {
      const agent = this.#hub.agents.get(id);
      if (!agent) throw new Refused(404, 'this agent does not exist');
      const users = [...this.#hub.mappings.values()].filter((mapping) => mapping.onlineAgentId === id || mapping.assistantAgentId === id);
      if (users.length > 0) {
        const names = users.map((mapping) => `"${mapping.name}"`).join(', ');
        throw new Refused(
          409,
          `${agent.record.name} is used by ${names}: delete ${users.length === 1 ? 'this mapping' : 'these mappings'} first, or give them another agent`,
        );
      }
      await this.#hub.store.deleteAgent(id);
      this.#hub.removeAgent(id);
      this.#hub.note({ level: 'info', agentId: null, mappingId: null, text: `${agent.record.role} agent ${agent.record.name} deleted by ${by}` });
    });
  }

  createToken(name: string, by: string): Promise<CreateTokenAnswer> {
    return this.#inTurn(async () => {
      const token = newToken('plxt');
      try {
        const made = await this.#hub.store.createApiToken({ name, tokenHash: hashToken(token), createdBy: by });
        this.#hub.note({ level: 'info', agentId: null, mappingId: null, text: `token "${name}" made by ${by}` });
        return { ...made, token };
      } catch (error) {
        throw error instanceof NameTaken ? new Refused(409, `a token named "${name}" exists already`, 'name') : error;
      }
    });
  }

  deleteToken(id: string, by: string): Promise<void> {
    return this.#inTurn(async () => {
      const token = (await this.#hub.store.listApiTokens()).find((each) => each.id === id);
      if (!token) throw new Refused(404, 'this token does not exist');
      await this.#hub.store.deleteApiToken(id);
      this.#hub.note({ level: 'info', agentId: null, mappingId: null, text: `token "${token.name}" deleted by ${by}` });
    });
  }

  /** What the server of an online agent has to do now. @throws Refused */
  async askLoad(id: string, query: LoadQuery): Promise<Load> {
    const agent = this.#hub.agents.get(id);
    if (!agent) throw new Refused(404, 'this agent does not exist');
    if (agent.record.role !== 'online')
      throw new Refused(409, `${agent.record.name} is an ${agent.record.role} agent: clients connect to the server of an online agent`);
    return this.#hub.loads.ask(id, agent.record.name, agent.link, query);
  }

  createMapping(input: MappingInput, by: string): Promise<MappingView> {
    return this.#inTurn(async () => {
      this.#check(input, null);
      const mapping = await this.#hub.store.createMapping(input, this.#credential(input));
      this.#hub.setMapping(mapping);
      this.#say(mapping, `created by ${by}: port ${portsWords(mapping.listen)} to ${targetWords(mapping.target)}, ${copyingWords(mapping)}`);
      return toMappingView(mapping);
    });
  }

  updateMapping(id: string, input: MappingInput, by: string): Promise<MappingView> {
    return this.#inTurn(async () => {
      const before = this.#find(id);
      if (before.desired === 'running' && before.onlineAgentId !== input.onlineAgentId)
        throw new Refused(409, 'stop the mapping before giving it another online agent; everything else can change while it runs', 'onlineAgentId');
      this.#check(input, id);
      const mapping = await this.#hub.store.updateMapping(id, input, this.#credential(input, id));
      this.#hub.setMapping(mapping);
      this.#say(mapping, `changed by ${by}: port ${portsWords(mapping.listen)} to ${targetWords(mapping.target)}, ${copyingWords(mapping)}`);
      return toMappingView(mapping);
    });
  }

  deleteMapping(id: string, by: string): Promise<void> {
    return this.#inTurn(async () => {
      const mapping = this.#find(id);
      if (mapping.desired === 'running') throw new Refused(409, `"${mapping.name}" is running: stop it before deleting it`);
      await this.#hub.store.deleteMapping(id);
      this.#hub.removeMapping(id);
      this.#hub.note({ level: 'info', agentId: null, mappingId: null, text: `mapping "${mapping.name}" deleted by ${by}` });
    });
  }

  setDesired(ids: readonly string[], desired: 'running' | 'stopped', by: string): Promise<MappingView[]> {
    return this.#inTurn(async () => {
      const mappings = ids.map((id) => this.#find(id));
      await this.#hub.store.setDesired(ids, desired);
      for (const mapping of mappings) {
        if (mapping.desired === desired) continue;
        this.#say(mapping, `${desired === 'running' ? 'started' : 'stopped'} by ${by}`);
        this.#hub.setMapping({ ...mapping, desired });
      }
      return ids.map((id) => toMappingView(this.#find(id)));
    });
  }

  /** Stops every mapping; returns those that ran. */
  async stopAll(by: string): Promise<MappingView[]> {
    const running = [...this.#hub.mappings.values()].filter((mapping) => mapping.desired === 'running');
    return this.setDesired(
      running.map((mapping) => mapping.id),
      'stopped',
      by,
    );
  }

  #find(id: string): Mapping {
    const mapping = this.#hub.mappings.get(id);
    if (!mapping) throw new Refused(404, 'this mapping does not exist');
    return mapping;
  }

  #check(input: MappingInput, id: string | null): void {
    const others = [...this.#hub.mappings.values()].filter((mapping) => mapping.id !== id);
    const [problem] = mappingProblems(input, others, this.#hub.agentViews());
    if (problem) throw new Refused(problem.field === 'name' ? 409 : 422, problem.message, problem.field);
  }

  /** The pair's credential if another mapping of the pair has one, else a new one. */
  #credential(input: MappingInput, selfId?: string): { relayIdentity: string; relayKey: string } {
    const pair = [...this.#hub.mappings.values()].filter((one) => one.onlineAgentId === input.onlineAgentId && one.assistantAgentId === input.assistantAgentId);
    const known = pair.find((one) => one.id === selfId) ?? pair[0];
    return known
      ? { relayIdentity: known.relayIdentity, relayKey: known.relayKey }
      : { relayIdentity: input.onlineAgentId, relayKey: randomBytes(32).toString('base64') };
  }

  #say(mapping: Mapping, text: string): void {
    this.#hub.note({ level: 'info', agentId: null, mappingId: mapping.id, text });
  }
}
