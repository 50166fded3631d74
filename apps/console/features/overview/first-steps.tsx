'use client';
import { Check } from 'lucide-react';
import Link from 'next/link';
import type { ReactNode } from 'react';
import { Button } from '../../components/ui/button.tsx';
import { useLive } from '../live/use-live.ts';

type StepProps = { number: number; title: string; isDone: boolean; children: ReactNode; action: ReactNode };

function Step({ number, title, isDone, children, action }: StepProps) {
  return (
    <li className="flex gap-4 border-t border-line px-5 py-4 first:border-t-0">
      <span
        aria-hidden
        className={`mt-0.5 flex size-6 shrink-0 items-center justify-center rounded-full text-xs font-semibold ${isDone ? 'bg-good-fill text-good' : 'bg-raised text-soft'}`}
      >
        {isDone ? <Check className="size-3.5" /> : number}
      </span>
      <div className="min-w-0 flex-1">
        <h2 className="text-[13px] font-semibold">
          {title}
          {isDone && <span className="ml-2 text-xs font-normal text-good">done</span>}
        </h2>
        <div className="mt-0.5 text-[13px] text-soft">{children}</div>
      </div>
      <div className="shrink-0 self-center">{action}</div>
    </li>
  );
}

/** What to do on an empty console, and how far it is done. */
export function FirstSteps() {
  const agents = [...useLive((state) => state.agents).values()];
  const has = (role: 'online' | 'assistant') => agents.some((agent) => agent.role === role && agent.sinceMs !== null);
  const next = !has('online') ? 'online' : !has('assistant') ? 'assistant' : 'mapping';
  const addAgent = (role: 'online' | 'assistant') => (
    <Button asChild look={role === next ? 'primary' : 'plain'} size="small">
      <Link href={`/agents?add=${role}`}>Add {role} agent</Link>
    </Button>
  );
  return (
    <div className="mx-auto mt-6 max-w-3xl">
      <h1 className="text-lg font-semibold">Nothing is mirrored yet</h1>
      <p className="mt-1 mb-5 text-[13px] text-soft">
        Parallax copies live TCP sessions from an <span className="font-medium text-online">online server</span> to a{' '}
        <span className="font-medium text-target">target server</span> and compares how both answer. Clients keep talking to the online server only. Three steps
        lead there.
      </p>
      <ol className="rounded-lg border border-line bg-panel">
        <Step number={1} title="Add an online agent" isDone={has('online')} action={addAgent('online')}>
          It runs on the server your clients use, reads its traffic and sends the copies. The dialog gives the exact command to start it.
        </Step>
        <Step number={2} title="Add an assistant agent" isDone={has('assistant')} action={addAgent('assistant')}>
          It runs on a third server, to which the target’s answers are routed, so that no client ever sees them.
        </Step>
        <Step
          number={3}
          title="Make a mapping"
          isDone={false}
          action={
            <Button asChild look={next === 'mapping' ? 'primary' : 'plain'} size="small">
              <Link href="/mappings/new">New mapping</Link>
            </Button>
          }
        >
          One service to mirror: from which port, to which target, how many times. Nothing is sent before you start it.
        </Step>
      </ol>
    </div>
  );
}
