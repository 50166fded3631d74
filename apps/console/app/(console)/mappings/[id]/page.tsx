import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { MappingPage } from '../../../../features/mapping/mapping-page.tsx';
import { consoleContext } from '../../../../lib/context.ts';
import { requireUser } from '../../../../lib/login.ts';

type Props = { params: Promise<{ id: string }> };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  await requireUser();
  return { title: consoleContext().hub.mappings.get((await params).id)?.name ?? 'Mapping' };
}

export default async function Page({ params }: Props) {
  await requireUser();
  const { hub } = consoleContext();
  const { id } = await params;
  if (!hub.mappings.has(id)) notFound();
  const past = (await hub.eventsOf(id, 100)).map(({ atMs, level, text }) => ({ atMs, level, text }));
  return <MappingPage id={id} past={past} />;
}
