'use client';
import { Button } from '../../components/ui/button.tsx';

type Props = { error: Error & { digest?: string }; reset: () => void };

/** A page that could not be made, or that failed in the browser. The header above it goes on: stop is still one click away. */
export default function ErrorPage({ error, reset }: Props) {
  return (
    <div role="alert" className="mx-auto mt-[10vh] max-w-md text-center">
      <h1 className="text-base font-semibold">This page has failed</h1>
      <p className="mt-1 text-[13px] text-soft">
        Agents go on with what they were told.{' '}
        {error.digest === undefined ? `It failed in this browser: ${error.message}` : `The console’s log says why; look there for ${error.digest}.`}
      </p>
      <div className="mt-4">
        <Button onClick={reset}>Try again</Button>
      </div>
    </div>
  );
}
