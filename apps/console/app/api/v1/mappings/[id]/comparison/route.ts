import { ComparisonQuery } from '@parallax/protocol';
import { kindsCsv, pointsCsv } from '../../../../../../comparison/csv.ts';
import { Refused } from '../../../../../../hub/refused.ts';
import { readQuery, readRoute } from '../../../../../../lib/http.ts';

/** Both servers compared over a range of time. */
export const GET = readRoute(async ({ context, id, request }) => {
  const mapping = context.hub.mappings.get(id);
  if (!mapping) throw new Refused(404, 'this mapping does not exist');
  const { format, ...query } = readQuery(request, ComparisonQuery);
  const view = await context.hub.asking.comparison(id, query);
  if (format === 'json') return view;
  const name = `${mapping.name.replace(/[^A-Za-z0-9._-]+/g, '-')}-${format === 'csv' ? 'latency' : 'kinds'}.csv`;
  return new Response(format === 'csv' ? pointsCsv(view) : kindsCsv(view), {
    headers: { 'content-type': 'text/csv; charset=utf-8', 'content-disposition': `attachment; filename="${name}"`, 'cache-control': 'no-store' },
  });
});
