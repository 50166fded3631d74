// The console's HTTP interface as a script uses it.
import { type AgentRole, type AgentView, ApiError, ComparisonView, CreateAgentAnswer, type MappingRequest, MappingView, VerdictView } from '@parallax/protocol';
import { LabError } from './names.ts';

export type MappingWithStatus = MappingView & { status?: { state: string; reason: string } };

/** Signed in to one console; every refusal becomes an error with the console's own words. */
export class ConsoleClient {
  readonly #url: string;
  #cookie = '';

  /** `url` such as http://127.0.0.1:3000 */
  constructor(url: string) {
    this.#url = url;
  }

  async #call(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${this.#url}/api/v1${path}`, {
      method,
      headers: { cookie: this.#cookie, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const cookie = response.headers.getSetCookie()[0];
    if (cookie !== undefined) this.#cookie = cookie.split(';')[0]!;
    const text = await response.text();
    const answer: unknown = text === '' ? null : JSON.parse(text);
    if (response.ok) return answer;
    const refusal = ApiError.safeParse(answer);
    throw new LabError(`the console refused ${method} ${path}: ${refusal.success ? refusal.data.error.message : `status ${response.status}`}`);
  }

  /** Make the first administrator and sign in as it. */
  async setUp(code: string, name: string, password: string): Promise<void> {
    await this.#call('POST', '/setup', { code, name, password });
  }
  async logIn(name: string, password: string): Promise<void> {
    await this.#call('POST', '/login', { name, password });
  }
  async addAgent(name: string, role: AgentRole): Promise<{ id: string; token: string }> {
    return CreateAgentAnswer.parse(await this.#call('POST', '/agents', { name, role }));
  }
  async agents(): Promise<AgentView[]> {
    return (await this.#call('GET', '/agents')) as AgentView[];
  }
  async addMapping(input: MappingRequest): Promise<MappingView> {
    return MappingView.parse(await this.#call('POST', '/mappings', input));
  }
  async changeMapping(id: string, input: MappingRequest): Promise<void> {
    await this.#call('PUT', `/mappings/${id}`, input);
  }
  async mapping(id: string): Promise<MappingWithStatus> {
    return (await this.#call('GET', `/mappings/${id}`)) as MappingWithStatus;
  }
  async start(id: string): Promise<void> {
    await this.#call('POST', `/mappings/${id}/start`);
  }
  async stop(id: string): Promise<void> {
    await this.#call('POST', `/mappings/${id}/stop`);
  }
  /** Instants are ms since 1970; a step of so many seconds. */
  async comparison(id: string, fromMs: number, toMs: number, stepS: number): Promise<ComparisonView> {
    return ComparisonView.parse(await this.#call('GET', `/mappings/${id}/comparison?from=${fromMs}&to=${toMs}&step=${stepS}`));
  }
  async verdict(id: string, fromMs: number, toMs: number): Promise<VerdictView> {
    return VerdictView.parse(await this.#call('GET', `/mappings/${id}/verdict?from=${fromMs}&to=${toMs}`));
  }
  async deleteMapping(id: string): Promise<void> {
    await this.#call('DELETE', `/mappings/${id}`);
  }
}
