'use client';
import { Image } from 'lucide-react';
import { type ReactNode, useRef, useState } from 'react';
import { Button } from '../../components/ui/button.tsx';
import { Panel } from '../../components/ui/panel.tsx';
import { cn } from '../../lib/class-names.ts';
import { TableToggle } from '../mapping/table-toggle.tsx';
import { savePng } from './save-png.ts';

type Props = {
  title: string;
  note?: ReactNode;
  /** Name of the saved picture, without its ending. */
  fileName: string;
  actions?: ReactNode;
  chart: ReactNode;
  table: (isShown: boolean) => ReactNode;
};

/** A chart, the same as a table, and as a picture to take away. */
export function ChartPanel({ title, note, fileName, actions, chart, table }: Props) {
  const [isTable, setTable] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  return (
    <Panel
      title={title}
      note={note}
      actions={
        <>
          {actions}
          {!isTable && (
            <Button
              size="small"
              look="quiet"
              aria-label={`Save ${title} as PNG`}
              onClick={() => place.current && savePng(place.current, title, `${fileName}.png`)}
            >
              <Image /> PNG
            </Button>
          )}
          <TableToggle what={title.toLowerCase()} isTable={isTable} onChange={setTable} />
        </>
      }
    >
      <div ref={place} className={cn('flex min-w-0 flex-col gap-3', isTable && 'hidden')}>
        {chart}
      </div>
      {table(isTable)}
    </Panel>
  );
}
