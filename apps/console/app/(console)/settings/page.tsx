import type { Metadata } from 'next';
import { SettingsPage } from '../../../features/settings/settings-page.tsx';
import { consoleContext } from '../../../lib/context.ts';
import { requireUser } from '../../../lib/login.ts';

export const metadata: Metadata = { title: 'Settings' };

export default async function Page() {
  const user = await requireUser();
  const { store, hub, version, database } = consoleContext();
  const accounts = (await store.listUsers()).map(({ id, name, createdAtMs }) => ({ id, name, createdAtMs }));
  const tokens = await store.listApiTokens();
  return <SettingsPage tokens={tokens} userName={user.name} accounts={accounts} leaseMs={hub.leaseMs} version={version} database={database} />;
}
