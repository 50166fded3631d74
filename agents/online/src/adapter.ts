import { type Adapter, adapterOf, adapterOfPort, turns } from '@parallax/adapters';
import type { OnlineMapping } from '@parallax/protocol';

/** What reads a mapping's requests and responses; null where turns are measured and no payload of answers is wanted. */
export function adapterFor({ adapter, listen, target }: Pick<OnlineMapping, 'adapter' | 'listen' | 'target'>): Adapter | null {
  if (adapter !== 'auto') return adapter === turns.id ? null : adapterOf(adapter);
  const byPort = [target.port, listen.port].map(adapterOfPort).find((each) => each.id !== turns.id);
  return byPort ?? null;
}
