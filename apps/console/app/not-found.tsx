import Link from 'next/link';

export default function NotFound() {
  return (
    <main className="m-auto max-w-md p-6 text-center">
      <h1 className="text-base font-semibold">There is nothing at this address</h1>
      <p className="mt-1 text-[13px] text-soft">The mapping may have been deleted, or the link is incomplete.</p>
      <p className="mt-4 text-[13px]">
        <Link href="/" className="font-medium underline">
          Back to the overview
        </Link>
      </p>
    </main>
  );
}
