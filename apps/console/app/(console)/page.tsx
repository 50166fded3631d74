import type { Metadata } from 'next';
import { Overview } from '../../features/overview/overview.tsx';
import { requireUser } from '../../lib/login.ts';

export const metadata: Metadata = { title: { absolute: 'Overview · Parallax' } };

export default async function OverviewPage() {
  await requireUser();
  return <Overview />;
}
