// The parts of Apache ECharts that the charts use: axes and their labels, lines,
// marks, drawn as SVG. Legend, tooltip and zoom are the app's own (view.ts), so
// that they work by keyboard and touch and put names on the page as text.
import { init, use, type EChartsType } from 'echarts/core';
import { CustomChart, LineChart, ScatterChart, type CustomSeriesOption, type LineSeriesOption, type ScatterSeriesOption } from 'echarts/charts';
import { GridComponent, type GridComponentOption } from 'echarts/components';
import { SVGRenderer } from 'echarts/renderers';
import type { ComposeOption } from 'echarts/core';

use([CustomChart, LineChart, ScatterChart, GridComponent, SVGRenderer]);

export type Chart = EChartsType;
export type Option = ComposeOption<CustomSeriesOption | LineSeriesOption | ScatterSeriesOption | GridComponentOption>;
export type SeriesOption = CustomSeriesOption | LineSeriesOption | ScatterSeriesOption;
export type RenderItem = NonNullable<CustomSeriesOption['renderItem']>;
export type ItemParams = Parameters<RenderItem>[0];
export type ItemApi = Parameters<RenderItem>[1];
export type ItemResult = ReturnType<RenderItem>;
export { init };
