'use client';
import { ChartLine, Table2 } from 'lucide-react';
import { Button } from '../../components/ui/button.tsx';

type Props = { isTable: boolean; onChange: (isTable: boolean) => void; what: string };

export function TableToggle({ isTable, onChange, what }: Props) {
  return (
    <Button size="small" look="quiet" aria-pressed={isTable} aria-label={`Show ${what} as a table`} onClick={() => onChange(!isTable)}>
      {isTable ? <ChartLine /> : <Table2 />}
      {isTable ? 'Chart' : 'Table'}
    </Button>
  );
}
