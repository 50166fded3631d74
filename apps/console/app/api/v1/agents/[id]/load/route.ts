import { LoadRequest } from '@parallax/protocol';
import { readQuery, readRoute } from '../../../../../../lib/http.ts';

export const GET = readRoute(async ({ context, id, request }) => context.control.askLoad(id, readQuery(request, LoadRequest)));
