import type { Metadata } from 'next';
import { AgentsPage } from '../../../features/agents/agents-page.tsx';
import { requireUser } from '../../../lib/login.ts';

export const metadata: Metadata = { title: 'Agents' };

type Props = { searchParams: Promise<{ add?: string }> };

export default async function Page({ searchParams }: Props) {
  await requireUser();
  const { add } = await searchParams;
  return <AgentsPage add={add === 'online' || add === 'assistant' ? add : null} />;
}
