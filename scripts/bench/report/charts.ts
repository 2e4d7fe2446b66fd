import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Chart } from '../case.ts';
import { short } from '../figures.ts';
import { arePeersInstalled, peersFolder } from '../peers/install.ts';

/** What of Apache ECharts is used here: it is installed with the peers. */
interface Echarts {
  init(
    element: null,
    theme: null,
    options: { renderer: 'svg'; ssr: true; width: number; height: number },
  ): { setOption(option: object): void; renderToSVGString(): string; dispose(): void };
}

const WIDTH = 960;
const ROW_HEIGHT = 18;
const GROUP_GAP = 14;
const FRAME_HEIGHT = 130;
/** Bars further apart than this could not be seen together on a plain axis. */
const LINEAR_UP_TO = 20;

/** The chart as SVG, or nothing while the library is not installed. */
export function svgOf({ title, unit, groups, series }: Chart): string | undefined {
  if (!arePeersInstalled()) return undefined;
  const echarts: Echarts = createRequire(join(peersFolder(), 'package.json'))('echarts');
  const height = FRAME_HEIGHT + groups.length * (series.length * ROW_HEIGHT + GROUP_GAP);
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  const known = series.flatMap(({ values }) => values.filter((value) => value !== undefined && value > 0));
  const positive = known.map(Number);
  const isLogarithmic = Math.max(...positive) / Math.min(...positive) > LINEAR_UP_TO;
  chart.setOption({
    animation: false,
    backgroundColor: '#fff',
    title: { text: `${title} (${unit}${isLogarithmic ? ', logarithmic' : ''})`, left: 16, top: 12 },
    legend: { top: 44, left: 16 },
    grid: { left: 16, right: 90, top: 80, bottom: 16, containLabel: true },
    xAxis: { type: isLogarithmic ? 'log' : 'value' },
    yAxis: { type: 'category', data: groups.length > 1 ? groups : [''], inverse: true },
    series: series.map(({ name, values }) => ({
      name,
      type: 'bar',
      data: values.map((value) => value ?? null),
      label: {
        show: true,
        position: 'right',
        fontSize: 11,
        formatter: (bar: { value?: number | null }) => (bar.value ? short(bar.value) : ''),
      },
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return withTitle(svg, `${title} (${unit})`);
}

/** With the name that a screen reader reads, and a tooltip shows. */
export function withTitle(svg: string, title: string): string {
  const escaped = title.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return svg.replace(/<svg\b[^>]*>/, (tag) => `${tag.slice(0, -1)} role="img"><title>${escaped}</title>`);
}
