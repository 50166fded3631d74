// An online agent that tells a console whatever a test wants it to have measured.
import type { ComparisonSecond, CreateAgentAnswer, MappingView } from '@parallax/protocol';
import { WebSocket } from 'ws';
import { hello, mappingInput } from './samples.ts';

/** Calls the console's HTTP interface as a browser does. */
export type Api = <Answer>(method: string, path: string, body?: unknown) => Promise<Answer>;

/** Signed in with name and password. */
export async function signedIn(url: string, account: { name: string; password: string }): Promise<Api> {
  const login = await fetch(`${url}/api/v1/login`, { method: 'POST', body: JSON.stringify(account) });
  const cookie = login.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  return async <Answer>(method: string, path: string, body?: unknown) => {
    const answer = await fetch(`${url}/api/v1${path}`, { method, headers: { cookie }, body: body === undefined ? null : JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return (text === '' ? null : JSON.parse(text)) as Answer;
  };
}

/** Makes two agents and a mapping between them; returns the mapping and the online agent's token. */
export async function makeMapping(api: Api, name: string): Promise<{ id: string; token: string }> {
  const online = await api<CreateAgentAnswer>('POST', '/agents', { name: `${name}-online`, role: 'online' });
  const assistant = await api<CreateAgentAnswer>('POST', '/agents', { name: `${name}-assistant`, role: 'assistant' });
  const mapping = await api<MappingView>('POST', '/mappings', mappingInput({ name, onlineAgentId: online.id, assistantAgentId: assistant.id, multiplier: 1 }));
  return { id: mapping.id, token: online.token };
}

/** Says every second and waits until the console has stored it. */
export async function tellSeconds(url: string, token: string, seconds: readonly ComparisonSecond[]): Promise<void> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws/agent`, { headers: { authorization: `Bearer ${token}` } });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  let left = seconds.length;
  const done = new Promise<void>((resolve, reject) => {
    socket.on('message', (data) => {
      const message = JSON.parse(String(data)) as { type: string };
      if (message.type === 'welcome')
        for (const second of seconds) socket.send(JSON.stringify({ ...second, ageMs: Math.max(0, Date.now() - second.secondMs - 1000) }));
      if (message.type === 'comparison-stored' && --left === 0) resolve();
    });
    socket.on('close', (code, reason) => reject(new Error(`the console closed the agent: ${code} ${reason}`)));
  });
  socket.send(JSON.stringify(hello('online')));
  await done;
  socket.removeAllListeners('close');
  socket.close();
}
