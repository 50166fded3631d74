'use client';
import { type CreateTokenAnswer, CreateTokenRequest, type TokenView } from '@parallax/protocol';
import { useRouter } from 'next/navigation';
import { useRef, useState } from 'react';
import { toast } from 'sonner';
import { Button } from '../../components/ui/button.tsx';
import { Command } from '../../components/ui/command.tsx';
import { ConfirmDialog } from '../../components/ui/confirm-dialog.tsx';
import { Field } from '../../components/ui/field.tsx';
import { Input } from '../../components/ui/input.tsx';
import { Instant } from '../../components/ui/instant.tsx';
import { Panel } from '../../components/ui/panel.tsx';
import { callApi } from '../../lib/api-client.ts';
import { verdictCommand } from '../../lib/command-lines.ts';

/** Keys for scripts: made, shown once with the command that uses them, revoked. */
export function TokensPanel({ tokens }: { tokens: readonly TokenView[] }) {
  const router = useRouter();
  const form = useRef<HTMLFormElement>(null);
  const [failure, setFailure] = useState<string | undefined>();
  const [made, setMade] = useState<CreateTokenAnswer | null>(null);
  const [revoking, setRevoking] = useState<TokenView | null>(null);
  const make = async (fields: FormData) => {
    const request = CreateTokenRequest.safeParse(Object.fromEntries(fields));
    if (!request.success) return setFailure(request.error.issues[0]!.message);
    try {
      setMade(await callApi<CreateTokenAnswer>('POST', '/tokens', request.data));
    } catch (error) {
      return setFailure((error as Error).message);
    }
    setFailure(undefined);
    form.current?.reset();
    router.refresh();
  };
  return (
    <Panel title="Tokens for scripts" note="a token may read what you see here, and change nothing" isFlush>
      {tokens.length === 0 ? (
        <p className="px-4 pt-4 text-[13px] text-soft">
          None yet. A build that asks <code className="mono">parallax verdict</code> whether the target is slower needs one.
        </p>
      ) : (
        <div className="overflow-x-auto">
          <table className="w-full text-[13px]" aria-label="Tokens">
            <thead>
              <tr className="text-left text-xs text-faint [&>th]:px-4 [&>th]:py-2 [&>th]:font-medium">
                <th scope="col">Name</th>
                <th scope="col">Made</th>
                <th scope="col">Last used</th>
                <th scope="col">
                  <span className="sr-only">Revoke</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {tokens.map((token) => (
                <tr key={token.id} data-testid="token-row" className="border-t border-line [&>td]:px-4 [&>td]:py-2">
                  <td className="font-medium">{token.name}</td>
                  <td>
                    <Instant atMs={token.createdAtMs} withDate /> by {token.createdBy}
                  </td>
                  <td>{token.lastUsedAtMs === null ? <span className="text-soft">never</span> : <Instant atMs={token.lastUsedAtMs} withDate />}</td>
                  <td className="text-right">
                    <Button size="small" look="quiet" aria-label={`Revoke token ${token.name}`} onClick={() => setRevoking(token)}>
                      Revoke
                    </Button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <div className="flex flex-col gap-3 p-4">
        {made !== null && (
          <div className="flex flex-col gap-2">
            <p className="text-[13px]">
              The token of <span className="font-medium">{made.name}</span> is shown only now. A script uses it like this:
            </p>
            <Command label={`Command with the token of ${made.name}`} text={verdictCommand(made.token, location.origin)} />
          </div>
        )}
        <form
          ref={form}
          noValidate
          aria-label="Make a token"
          className="flex max-w-sm flex-col gap-3"
          onSubmit={(event) => {
            event.preventDefault();
            void make(new FormData(event.currentTarget));
          }}
        >
          <Field label="Token name" error={failure} hint="What it is for, such as ci.">
            <Input name="name" />
          </Field>
          <Button type="submit" className="self-start">
            Make token
          </Button>
        </form>
      </div>
      {revoking !== null && (
        <ConfirmDialog
          open
          onOpenChange={(open) => open || setRevoking(null)}
          title={`Revoke token ${revoking.name}?`}
          action="Revoke token"
          onConfirm={async () => {
            await callApi('DELETE', `/tokens/${revoking.id}`);
            toast.success(`Revoked ${revoking.name}`);
            if (made?.id === revoking.id) setMade(null);
            router.refresh();
          }}
        >
          Scripts that use it are refused from now on.
        </ConfirmDialog>
      )}
    </Panel>
  );
}
