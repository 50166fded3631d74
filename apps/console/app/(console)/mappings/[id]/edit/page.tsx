import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { MappingForm } from '../../../../../features/mapping-form/mapping-form.tsx';
import { consoleContext } from '../../../../../lib/context.ts';
import { requireUser } from '../../../../../lib/login.ts';

export const metadata: Metadata = { title: 'Edit mapping' };

type Props = { params: Promise<{ id: string }> };

export default async function Page({ params }: Props) {
  await requireUser();
  const { id } = await params;
  const mapping = consoleContext()
    .hub.mappingViews()
    .find((view) => view.id === id);
  if (!mapping) notFound();
  return <MappingForm mapping={mapping} />;
}
