import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../store/open.ts';
import type { Store } from '../store/store.ts';

/** A migrated SQLite database of its own, gone after `close`. */
export async function temporaryStore(): Promise<Store> {
  const dir = mkdtempSync(join(tmpdir(), 'parallax-store-'));
  const store = await openStore(`file:${join(dir, 'parallax.db')}`);
  const close = store.close.bind(store);
  store.close = async () => {
    await close();
    rmSync(dir, { recursive: true, force: true });
  };
  return store;
}
