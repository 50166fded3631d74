import { VerdictQuery } from '@parallax/protocol';
import { Refused } from '../../../../../../hub/refused.ts';
import { readQuery, readRoute } from '../../../../../../lib/http.ts';

/** Whether the target is slower, and how sure that is. */
export const GET = readRoute(async ({ context, id, request }) => {
  if (!context.hub.mappings.has(id)) throw new Refused(404, 'this mapping does not exist');
  return context.hub.asking.verdict(id, readQuery(request, VerdictQuery));
});
