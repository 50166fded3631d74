import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { SessionsPage } from '../../../../../features/sessions/sessions-page.tsx';
import { consoleContext } from '../../../../../lib/context.ts';
import { requireUser } from '../../../../../lib/login.ts';

export const metadata: Metadata = { title: 'Sessions' };

type Props = { params: Promise<{ id: string }> };

export default async function Page({ params }: Props) {
  await requireUser();
  const { id } = await params;
  if (!consoleContext().hub.mappings.has(id)) notFound();
  return <SessionsPage id={id} />;
}
