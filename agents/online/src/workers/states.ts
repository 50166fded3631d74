// What several packet paths say of what runs, as one statement.
import type { PathState, RunState, SessionRow, Sessions, SessionTrace, WatchSessions } from '@parallax/protocol';

/** The worst wins. */
const order: readonly RunState[] = ['running', 'stopped', 'stopping', 'starting', 'degraded', 'failed'];

/** One path, and what it said last; `said` is null while it does not run. */
export interface PathWord {
  /** As operators count: from 1. */
  readonly number: number;
  readonly state: RunState;
  readonly reason: string;
  readonly said: PathState | null;
}

type MappingWord = PathState['mappings'][number];
type RelayWord = PathState['relays'][number];

const isMore = (a: RunState, b: RunState): boolean => order.indexOf(a) > order.indexOf(b);

/** `told` are mappings that should run. With one path or several, a mapping that all of them run is running. */
export function addPathStates(paths: readonly PathWord[]): PathState {
  const ids = new Set(paths.flatMap(({ said }) => said?.mappings.map(({ id }) => id) ?? []));
  const of = (path: PathWord) => `packet path ${path.number} of ${paths.length}`;
  const wordOf = (path: PathWord, id: string): MappingWord => {
    const word = path.said?.mappings.find((each) => each.id === id);
    if (word !== undefined) return { ...word, reason: word.state === 'running' || isSaidByAll(paths, word) ? word.reason : `${of(path)}: ${word.reason}` };
    if (path.state === 'failed') return { id, state: 'degraded', reason: `${of(path)} does not run: ${path.reason}` };
    return { id, state: 'starting', reason: `${of(path)} is starting` };
  };
  const relays = new Map<string, RelayWord>();
  for (const path of paths) {
    for (const relay of path.said?.relays ?? []) {
      const known = relays.get(relay.peer);
      if (known === undefined || known.connected) relays.set(relay.peer, relay.connected ? relay : { ...relay, reason: `${of(path)}: ${relay.reason}` });
    }
  }
  return {
    type: 'path-state',
    mappings: [...ids].map((id) => paths.map((path) => wordOf(path, id)).reduce((worst, word) => (isMore(word.state, worst.state) ? word : worst))),
    relays: [...relays.values()],
    shedding: sheddingWords(paths.map(({ said }) => said?.shedding ?? null)),
  };
}

/** `reasons` are those of each path, null where it does not leave sessions out. */
export function sheddingWords(reasons: readonly (string | null)[]): string | null {
  const going = reasons.filter((reason) => reason !== null);
  if (going.length === 0 || reasons.length === 1) return going[0] ?? null;
  return `${going.length} of ${reasons.length} packet paths: ${going[0]}`;
}

const isSaidByAll = (paths: readonly PathWord[], { id, state, reason }: MappingWord): boolean =>
  paths.every(({ said }) => said?.mappings.some((each) => each.id === id && each.state === state && each.reason === reason) === true);

const MOST_ROWS = 200;

/** The newest of all; each path counts its sessions by itself, so their ids get its number. */
export function addSessions(told: readonly { number: number; sessions: Sessions }[]): Sessions {
  const rows = told.flatMap(({ number, sessions }) => sessions.rows.map((row): SessionRow => ({ ...row, id: `${number}.${row.id}` })));
  rows.sort((a, b) => b.openedAtMs - a.openedAtMs);
  return {
    type: 'sessions',
    mappingId: told[0]!.sessions.mappingId,
    atMs: Math.max(...told.map(({ sessions }) => sessions.atMs)),
    total: told.reduce((sum, { sessions }) => sum + sessions.total, 0),
    rows: rows.slice(0, MOST_ROWS),
    traces: told.flatMap(({ number, sessions }) =>
      (sessions.traces ?? []).map((trace): SessionTrace => ({ ...trace, sessionId: `${number}.${trace.sessionId}` })),
    ),
  };
}

/** What the path of this number is told: of the sessions to be followed, its own. */
export function watchOfPath({ followed, ...watch }: WatchSessions, number: number): WatchSessions {
  const prefix = `${number}.`;
  return followed === undefined ? watch : { ...watch, followed: followed.filter((id) => id.startsWith(prefix)).map((id) => id.slice(prefix.length)) };
}
