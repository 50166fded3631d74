// What server.ts makes and pages and route handlers use. They run in one process but in different bundles, so it hangs on globalThis.
import type { Accounts } from '../account/accounts.ts';
import type { Control } from '../hub/control.ts';
import type { Hub } from '../hub/hub.ts';
import type { LiveGateway } from '../hub/live-gateway.ts';
import type { Store } from '../store/store.ts';

export type ConsoleContext = {
  store: Store;
  hub: Hub;
  control: Control;
  accounts: Accounts;
  live: LiveGateway;
  version: string /** In words, without secrets. */;
  database: string;
};

const key = Symbol.for('parallax.console');
type Holder = { [key]?: ConsoleContext | undefined };

export function setContext(context: ConsoleContext | undefined): void {
  (globalThis as Holder)[key] = context;
}

export function consoleContext(): ConsoleContext {
  const context = (globalThis as Holder)[key];
  if (!context) throw new Error('the pages run inside `parallax console`: `next start` alone does not serve them');
  return context;
}
