import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { SetupForm } from '../../../features/account/setup-form.tsx';
import { consoleContext } from '../../../lib/context.ts';

export const metadata: Metadata = { title: 'Set up' };

export default async function SetupPage() {
  if (await consoleContext().store.hasUser()) redirect('/login');
  return <SetupForm />;
}
