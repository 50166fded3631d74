'use client';
import { AlertDialog } from 'radix-ui';
import { type ReactNode, useState } from 'react';
import { Button } from './button.tsx';
import { Notice } from './notice.tsx';

type Props = {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  children: ReactNode;
  /** What the button says, such as `Stop 3 mappings`. */
  action: string;
  look?: 'primary' | 'alarm';
  /** Does it; what it throws is shown and the dialog stays. */
  onConfirm: () => Promise<void>;
};

/** Asks once more, in words that say what will happen. */
export function ConfirmDialog({ open, onOpenChange, title, children, action, look = 'alarm', onConfirm }: Props) {
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const change = (next: boolean) => {
    setFailure(null);
    onOpenChange(next);
  };
  const confirm = async () => {
    setBusy(true);
    setFailure(null);
    try {
      await onConfirm();
      onOpenChange(false);
    } catch (error) {
      setFailure((error as Error).message);
    } finally {
      setBusy(false);
    }
  };
  return (
    <AlertDialog.Root open={open} onOpenChange={change}>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="fixed inset-0 z-50 bg-black/40 dark:bg-black/60" />
        <AlertDialog.Content className="fixed top-[16vh] left-1/2 z-50 w-[min(92vw,32rem)] -translate-x-1/2 rounded-lg border border-line-strong bg-panel p-5 shadow-2xl focus:outline-none">
          <AlertDialog.Title className="text-base font-semibold">{title}</AlertDialog.Title>
          <AlertDialog.Description asChild>
            <div className="mt-2 text-[13px] text-soft">{children}</div>
          </AlertDialog.Description>
          {failure !== null && (
            <Notice tone="bad" className="mt-3">
              {failure}
            </Notice>
          )}
          <div className="mt-5 flex justify-end gap-2">
            <AlertDialog.Cancel asChild>
              <Button>Cancel</Button>
            </AlertDialog.Cancel>
            <Button look={look} disabled={isBusy} aria-busy={isBusy} onClick={confirm}>
              {isBusy ? 'Telling the console' : action}
            </Button>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
