import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { ComparisonPage } from '../../../../../features/comparison/comparison-page.tsx';
import { consoleContext } from '../../../../../lib/context.ts';
import { requireUser } from '../../../../../lib/login.ts';

export const metadata: Metadata = { title: 'Comparison' };

type Props = { params: Promise<{ id: string }> };

export default async function Page({ params }: Props) {
  await requireUser();
  const { id } = await params;
  if (!consoleContext().hub.mappings.has(id)) notFound();
  return <ComparisonPage id={id} />;
}
