import type { Metadata } from 'next';
import { MappingForm } from '../../../../features/mapping-form/mapping-form.tsx';
import { consoleContext } from '../../../../lib/context.ts';
import { requireUser } from '../../../../lib/login.ts';

export const metadata: Metadata = { title: 'New mapping' };

type Props = { searchParams: Promise<{ beside?: string | string[] }> };

export default async function Page({ searchParams }: Props) {
  await requireUser();
  const { beside } = await searchParams;
  const known = consoleContext()
    .hub.mappingViews()
    .find((view) => view.id === beside);
  return <MappingForm mapping={null} beside={known ?? null} />;
}
