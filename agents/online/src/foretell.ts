// Before anything is sent: what the connections that are there now would make of copies, and whether ports suffice.
import { hostLoad, type Logger } from '@parallax/agent-kit';
import { describeForecast, type Forecast, forecastOfLoad, type OnlineMapping } from '@parallax/protocol';

async function forecast(mapping: OnlineMapping): Promise<Forecast> {
  const load = await hostLoad({ listen: mapping.listen, ports: mapping.sources.ports });
  return forecastOfLoad(load, mapping, mapping.share);
}

/** One line for each mapping on stdout. Throws a sentence where the host does not tell its connections. */
export async function printForecasts(mappings: readonly OnlineMapping[]): Promise<void> {
  const forecasts = await Promise.all(mappings.map(forecast));
  for (const [index, { name }] of mappings.entries()) process.stdout.write(`${name}: ${describeForecast(forecasts[index]!)}\n`);
}

/** The same to the log, for what it is worth: a host that does not tell is no reason not to start. */
export function foretell(mappings: readonly OnlineMapping[], log: Logger): void {
  for (const mapping of mappings) {
    forecast(mapping)
      .then((each) => log[each.copiesPossible < each.copies ? 'warn' : 'info'](`${mapping.name}: ${describeForecast(each)}`))
      .catch((error: Error) => log.info(`${mapping.name}: no forecast: ${error.message}`));
  }
}
