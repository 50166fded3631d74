import type { AskLoad, Load, LoadQuery, LoadTold } from '@parallax/protocol';
import type { AgentLink } from './live-agent.ts';
import { Refused } from './refused.ts';

/** An agent looks for a second before it answers. */
const answerWithinMs = 5_000;
/** Questions that wait for one agent; more pages than that share an answer soon enough. */
const mostWaiting = 20;

type Waiting = { agentId: string; resolve(load: Load): void; reject(error: Error): void };

/** Questions to agents about the load of their hosts, each answered once. */
export class LoadAsks {
  #waiting = new Map<number, Waiting>();
  #nextId = 1;

  /** @throws Refused when the agent cannot tell. */
  ask(agentId: string, name: string, link: AgentLink | null, query: LoadQuery): Promise<Load> {
    if (link === null) return Promise.reject(new Refused(409, `${name} is not connected: what its server has to do is known once it is`));
    if ([...this.#waiting.values()].filter((each) => each.agentId === agentId).length >= mostWaiting)
      return Promise.reject(new Refused(429, `${name} is being asked by too many pages: try again in a moment`));
    const id = this.#nextId++;
    return new Promise<Load>((resolve, reject) => {
      const timer = setTimeout(() => this.#end(id)?.reject(new Refused(504, `${name} did not say how many connections its server has`)), answerWithinMs);
      const settle = () => clearTimeout(timer);
      this.#waiting.set(id, {
        agentId,
        resolve: (load) => {
          settle();
          resolve(load);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      });
      link.send({ type: 'ask-load', id, ...query } satisfies AskLoad);
    });
  }

  answered(agentId: string, { id, load, error }: LoadTold): void {
    if (this.#waiting.get(id)?.agentId !== agentId) return;
    const waiting = this.#end(id);
    if (load !== null) waiting?.resolve(load);
    else waiting?.reject(new Refused(502, error ?? 'the agent could not tell'));
  }

  #end(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }
}
