import { CreateAgentRequest } from '@parallax/protocol';
import { readRoute, route } from '../../../../lib/http.ts';

export const GET = readRoute(async ({ context }) => context.hub.agentViews());

export const POST = route(CreateAgentRequest, async ({ context, body, user }) =>
  Response.json(await context.control.createAgent(body, user.name), { status: 201 }),
);
