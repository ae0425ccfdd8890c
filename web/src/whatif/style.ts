/** The style of the what-if part, in the page's palette. A constructed style sheet needs no exception in the page's content security policy. */
export const css = `
.whatif { display: grid; gap: 1rem; margin: 1.5rem 0; }
.whatif h3 { font-size: 1rem; }
.whatif fieldset { border: 1px solid var(--grid, #d8dde4); border-radius: .5rem; margin: 0; padding: .5rem .75rem .75rem; min-width: 0; }
.whatif legend { font-weight: 600; padding: 0 .25rem; }
.whatif-groups { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr)); align-items: start; }
.whatif-control { display: grid; grid-template-columns: minmax(0, 1fr) 8rem; gap: .15rem .5rem; align-items: center; padding-top: .5rem; }
.whatif-control label { grid-column: 1 / -1; }
.whatif-control input { font: inherit; min-width: 0; width: 100%; box-sizing: border-box; color: inherit; }
.whatif-control input[type=number] { background: var(--bg, #fff); border: 1px solid var(--grid, #d8dde4); border-radius: .25rem; padding: .15rem .3rem; text-align: right; }
.whatif-control input[type=range] { accent-color: var(--accent, #2563eb); }
.whatif summary { cursor: pointer; padding-top: .5rem; }
.whatif-from { grid-column: 1 / -1; color: var(--soft, #5b6575); font-size: .8125rem; overflow-wrap: anywhere; }
.whatif-changed > label { font-weight: 600; }
.whatif-answer { border-left: .25rem solid var(--accent, #2563eb); padding-left: .75rem; }
.whatif-answer p { margin: .25rem 0; }
.whatif-answer .lead { font-size: 1.0625rem; font-weight: 600; }
.whatif-refused { border-color: var(--bad, #b91c1c); }
.whatif-command { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; }
.whatif-command code { flex: 1 1 16rem; min-width: 0; overflow-wrap: anywhere; white-space: pre-wrap; }
.whatif button { font: inherit; min-height: 2rem; color: var(--accent, #2563eb); background: none; border: 1px solid var(--grid, #d8dde4); border-radius: .3rem; padding: .15rem .7rem; cursor: pointer; }
.whatif table { border-collapse: collapse; }
.whatif :is(th, td) { padding: .15rem .75rem .15rem 0; text-align: right; }
.whatif th[scope=row] { text-align: left; font-weight: 400; }
@media print { .whatif-groups, .whatif-command button { display: none; } }
`;
