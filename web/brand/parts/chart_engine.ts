// The one place that knows ECharts: only the kinds of charts the desk draws, in the palette of the page.
import { BarChart, LineChart } from 'echarts/charts'
import { GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from 'echarts/components'
import { init, use } from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'
import type { EChartsCoreOption } from 'echarts/core'

use([LineChart, BarChart, GridComponent, TooltipComponent, LegendComponent, MarkLineComponent, CanvasRenderer])

export type ChartOption = EChartsCoreOption
export interface Colors {
  accent: string
  good: string
  warn: string
  ink: string
  soft: string
  faint: string
  line: string
  surface: string
  wash: string
}
export interface ChartHandle {
  draw(option: (colors: Colors) => ChartOption): void
  resize(): void
  dispose(): void
}

function colors(): Colors {
  const style = getComputedStyle(document.documentElement)
  const of = (name: string) => style.getPropertyValue(name).trim()
  return { accent: of('--accent'), good: of('--good'), warn: of('--warn'), ink: of('--ink'), soft: of('--ink-soft'), faint: of('--ink-faint'), line: of('--line'), surface: of('--surface-raised'), wash: of('--accent-wash') }
}

export function makeChart(place: HTMLElement, pick: (index: number) => void): ChartHandle {
  const chart = init(place, undefined, { renderer: 'canvas' })
  chart.on('click', (event) => pick(event.dataIndex))
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches
  return {
    draw(option) {
      const c = colors()
      const font = getComputedStyle(document.body).fontFamily
      chart.setOption(
        {
          animation: !still,
          animationDuration: 250,
          textStyle: { fontFamily: font, color: c.soft, fontSize: 12 },
          grid: { left: 8, right: 16, top: 28, bottom: 4, containLabel: true },
          tooltip: { trigger: 'axis', backgroundColor: c.surface, borderColor: c.line, textStyle: { color: c.ink, fontSize: 12.5, fontFamily: font }, axisPointer: { lineStyle: { color: c.faint } }, extraCssText: 'border-radius:8px;box-shadow:var(--shadow)' },
          ...option(c),
        },
        { notMerge: true },
      )
    },
    resize: () => chart.resize(),
    dispose: () => chart.dispose(),
  }
}
