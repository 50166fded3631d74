import type { Metadata } from 'next';
import { MappingForm } from '../../../../features/mapping-form/mapping-form.tsx';
import { requireUser } from '../../../../lib/login.ts';

export const metadata: Metadata = { title: 'New mapping' };

export default async function Page() {
  await requireUser();
  return <MappingForm mapping={null} />;
}
