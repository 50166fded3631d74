import { MappingInput } from '@parallax/protocol';
import { Refused } from '../../../../../hub/refused.ts';
import { readRoute, route } from '../../../../../lib/http.ts';

export const GET = readRoute(async ({ context, id }) => {
  const mapping = context.hub.mappingViews().find((view) => view.id === id);
  if (!mapping) throw new Refused(404, 'this mapping does not exist');
  return { ...mapping, status: context.hub.status(id) };
});

export const PUT = route(MappingInput, async ({ context, id, body, user }) => context.control.updateMapping(id, body, user.name));

export const DELETE = route(null, async ({ context, id, user }) => {
  await context.control.deleteMapping(id, user.name);
  return null;
});
