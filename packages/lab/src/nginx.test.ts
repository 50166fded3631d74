import { expect, test } from 'vitest';
import { nginxConfig, parseAccessLog } from './nginx.ts';

test('a request is read from its line, and an unfinished line is not', () => {
  const text = '10.90.0.10|40112|GET|/large|200|34|65536\nfd90::11|1163|POST|/post|200|20091|3\n10.90.0.10|40112|GET|/la';
  expect(parseAccessLog(text)).toEqual([
    { peer: '10.90.0.10:40112', method: 'GET', uri: '/large', status: 200, requestBytes: 34, bodyBytes: 65_536 },
    { peer: '[fd90::11]:1163', method: 'POST', uri: '/post', status: 200, requestBytes: 20_091, bodyBytes: 3 },
  ]);
  expect(parseAccessLog('')).toEqual([]);
});

test('the configuration names nothing outside its folder', () => {
  const config = nginxConfig('/run/lab/nginx', { port: 8080, keepaliveRequests: 5 });
  expect(config).toContain('listen 0.0.0.0:8080');
  expect(config).toContain('keepalive_requests 5;');
  for (const [path] of config.matchAll(/(?<=\s)\/[a-z][\w/.]*/g)) expect(path === '/post' || path.startsWith('/run/lab/nginx'), path).toBe(true);
});
