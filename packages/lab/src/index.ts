// The lab: four hosts in network namespaces, real servers on them, and load. Needs root; runs on Linux only.
export { labCommand } from './command.ts';
export { ConsoleClient, type MappingWithStatus } from './console-client.ts';
export { growthOf, type KernelCounters, kernelCounters } from './counters.ts';
export { joinAgent, type Running, type RunningConsole, restartConsole, startConsole, startParallax } from './deployment.ts';
export { Lab, type LabSpawnOptions, resolvePrefix, type UpOptions } from './lab.ts';
export { type LoadOptions, type LoadResult, type LoadRun, startLoad } from './load.ts';
export * from './names.ts';
export { type Nginx, type NginxOptions, type NginxRequest, startNginx } from './nginx.ts';
export { type Redis, type RedisInfo, type RedisOptions, redisCalls, redisInfo, redisSocketPath, startRedis } from './redis.ts';
export { type Reply, redisCommand } from './redis-client.ts';
export { type MonitorLine, type RedisMonitor, redisMonitor } from './redis-monitor.ts';
export type { HostStatus, LabStatus } from './status.ts';
export type { Completed, RunOptions } from './tools.ts';
export { type WaitOptions, waitUntil } from './wait.ts';
