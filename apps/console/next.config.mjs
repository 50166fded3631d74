import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

// Next puts its bootstrap into inline scripts; everything else must come from here.
const policy = [
  "default-src 'self'",
  "script-src 'self' 'unsafe-inline'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "object-src 'none'",
];

/** @type {import('next').NextConfig} */
const config = {
  transpilePackages: ['@parallax/latency', '@parallax/protocol', '@parallax/wire'],
  serverExternalPackages: ['ws', 'pino'],
  poweredByHeader: false,
  reactStrictMode: true,
  turbopack: { root },
  outputFileTracingRoot: root,
  headers: async () => [
    {
      source: '/:path*',
      headers: [
        ...(process.env.NODE_ENV === 'production' ? [{ key: 'Content-Security-Policy', value: policy.join('; ') }] : []),
        { key: 'X-Content-Type-Options', value: 'nosniff' },
        { key: 'X-Frame-Options', value: 'DENY' },
        { key: 'Referrer-Policy', value: 'same-origin' },
      ],
    },
  ],
};
export default config;
