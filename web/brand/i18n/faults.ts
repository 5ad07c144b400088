// What the server finds wrong with a file, sentence by sentence: as it says it, with {blanks}, and in Chinese. The
// server names a place and says what is wrong there in English (src/base/csv.cpp, src/org/agents_csv.cpp,
// src/catalog/csv_formats.cpp …); faults.test.ts holds this list against those files. A sentence that is not here is
// shown as it came.
import { locale } from '@shared/i18n'
import type { Problem } from '@shared/api/problem'
import { details } from './details'

export const faults: readonly (readonly [english: string, chinese: string])[] = [
  // ——— any file of cells
  ['the row has {cells} cells, the header has {width}', '这一行有 {cells} 格，表头有 {width} 格'],
  ['and {n} more; correct these {shown} first', '另外还有 {n} 处，请先改好这 {shown} 处'],
  ['more than {n} rows; split the file', '超过 {n} 行，请把文件拆开'],
  ['more than {n} columns', '超过 {n} 列'],
  ['a cell of more than {limit}', '单元格超过 {limit}'],
  ['a quote inside a cell that does not begin with one; put the whole cell in quotes and write each quote in it twice', '单元格中间出现引号；请把整个单元格用引号括起来，里面的引号写两次'],
  ['a carriage return without a line feed; end lines with CRLF or LF', '只有回车没有换行；行尾请用 CRLF 或 LF'],
  ['text after the closing quote; write a quote inside a quoted cell twice', '结尾引号后还有文字；单元格里的引号要写两次'],
  ['the quote that opens this cell is never closed', '这个单元格的引号没有闭合'],
  ['the cells are separated by semicolons; separate them by commas or tabs', '单元格之间用的是分号，请改用逗号或制表符'],
  ['the file is empty; its first line must name the columns', '文件是空的；第一行应当是列名'],
  ['this is a ZIP archive or an Excel workbook; save it as CSV (UTF-8)', '这是压缩包或 Excel 工作簿，请另存为 CSV（UTF-8）'],
  ['this is an old Excel workbook; save it as CSV (UTF-8)', '这是旧版 Excel 工作簿，请另存为 CSV（UTF-8）'],
  ['the gzip file is cut off: its end is missing', 'gzip 文件不完整，缺少结尾'],
  ['the gzip file is damaged', 'gzip 文件已损坏'],
  ['{what} is larger than {limit}; split the file', '文件超过 {limit}，请拆开'],
  ['byte {byte} is not UTF-8; the file looks like GBK (GB18030); save it as UTF-8 (or UTF-16 with BOM)', '字节 {byte} 不是 UTF-8；文件像是 GBK（GB18030）编码，请另存为 UTF-8（或带 BOM 的 UTF-16）'],
  ['byte {byte} is not UTF-8; save it as UTF-8 (or UTF-16 with BOM)', '字节 {byte} 不是 UTF-8，请另存为 UTF-8（或带 BOM 的 UTF-16）'],
  ['a NUL byte: the file is binary, or UTF-16 without a BOM; save it as UTF-8', '有空字节：文件是二进制的，或是没有 BOM 的 UTF-16；请另存为 UTF-8'],
  ['the file is UTF-32; save it as UTF-8 (or UTF-16 with BOM)', '文件是 UTF-32，请另存为 UTF-8（或带 BOM 的 UTF-16）'],
  ['half of a surrogate pair in a {name} file; save it as UTF-8', '{name} 文件里有不完整的字符，请另存为 UTF-8'],
  ['a {name} file with an odd number of bytes: its end is cut off', '{name} 文件的字节数是奇数，结尾不完整'],
  ['the character U+0000', '含有字符 U+0000'],
  // ——— agents
  ['unknown column {name}; known are {known}', '没有 {name} 这一列；可用的列有 {known}'],
  ['the column {name} is there more than once', '列 {name} 出现了不止一次'],
  ['the column {name} ({chinese}) is missing', '缺少列 {name}（{chinese}）'],
  ['no rows: the file has a header and nothing else', '文件只有表头，没有内容'],
  ['an agent can\'t be their own parent', '不能把自己作为上级'],
  ['{value} is no state; use applied, training, active, suspended or left', '{value} 不是状态；可用 applied（已申请）、training（培训中）、active（正常）、suspended（已暂停）、left（已离开）'],
  ['these parents go round in a circle: {chain}', '上级关系绕成了圈：{chain}'],
  ['{code} is in line {line} already', '{code} 在第 {line} 行已经出现过'],
  ['no agent has the code {code}, neither in this file nor before it', '没有编号为 {code} 的代理，文件里没有，之前也没有'],
  ['the agent is {from} and can\'t become {to}; who has left stays so', '该代理的状态是 {from}，不能改成 {to}；离开后不能恢复'],
  ['the agent is {from} and can\'t become {to}, only {after}', '该代理的状态是 {from}，不能改成 {to}，只能改成 {after}'],
  ['the brand would have more than {n} agents', '导入后品牌的代理会超过 {n} 位'],
  ['is not valid UTF-8', '不是有效的 UTF-8 文字'],
  ['must not be empty', '不能为空'],
  ['must have at least {n} characters', '至少 {n} 个字'],
  ['must have at most {n} characters, but has {has}', '最多 {n} 个字，现在有 {has} 个'],
  ['must not hold control characters or line ends', '不能有控制字符或换行'],
  ['must be a phone number: digits, spaces, - ( ) and a leading +', '不是电话号码：只能有数字、空格、- ( ) 和开头的 +'],
  ['must be a phone number of at least 3 digits', '电话号码至少 3 位'],
  ['must be a name, or names joined by single / without blanks around them, like {example}', '应当是地区名，或用单个 / 连起来的几级地区，两边不留空格，例如 {example}'],
  // ——— products
  ['is missing; it must have 1 to {n} characters', '没有填；应为 1 到 {n} 个字'],
  ['has {n} characters; at most {most} are possible', '有 {n} 个字，最多 {most} 个'],
  ['{value} is not a web address; one is like https://example.com/a.jpg', '{value} 不是网址；网址像 https://example.com/a.jpg'],
  ['is longer than {n} characters', '超过 {n} 个字'],
  ['a product has at least one SKU', '商品至少要有一个规格'],
  ['the product has {n} SKUs; at most {most} are possible', '商品有 {n} 个规格，最多 {most} 个'],
  ['a price is 0 to {most}', '价格应在 0 到 {most} 之间'],
  ['a stock is 0 to {most}', '库存应在 0 到 {most} 之间'],
  ['is empty; a price is like 12.50', '没有填价格；价格写成 12.50 这样'],
  ['{value} is empty; an amount is like 12.50', '没有填金额；金额写成 12.50 这样'],
  ['{value} is negative; an amount is like 12.50', '{value} 是负数；金额写成 12.50 这样'],
  ['{value} is too large; an amount is like 12.50', '{value} 太大；金额写成 12.50 这样'],
  ['{value} does not begin with a digit; an amount is like 12.50', '{value} 不是以数字开头；金额写成 12.50 这样'],
  ['{value} is not a plain decimal number; an amount is like 12.50', '{value} 不是普通的小数；金额写成 12.50 这样'],
  ['{value} ends in a point; an amount is like 12.50', '{value} 以小数点结尾；金额写成 12.50 这样'],
  ['{value} has more than two decimals; an amount is like 12.50', '{value} 的小数超过两位；金额写成 12.50 这样'],
  ['{value} is not a number of units, 0 to {most}', '{value} 不是件数；应在 0 到 {most} 之间'],
  ['{value} is neither true nor false', '{value} 既不是 true 也不是 false'],
  ['the file has a header and nothing below it', '文件只有表头，没有内容'],
  ['there is no column {name}', '缺少列 {name}'],
  ['the SKU code {code} is at line {line} already; each SKU needs a code of its own', '规格编码 {code} 在第 {line} 行已经用过；每个规格要有自己的编码'],
  ['more than {n} products', '超过 {n} 件商品'],
  ['the file has no product that could be taken over', '文件里没有可以导入的商品'],
  ['is missing; every row names its product by it', '没有填；每一行都靠它说明是哪件商品'],
  ['is at line {line} already; give each of the two a URL handle', '在第 {line} 行已经出现过；请给这两件商品各填一个 URL handle'],
  ['differs from the title of {handle} at line {line}; one handle is one product', '和第 {line} 行 {handle} 的标题不一样；一个 handle 只能是一件商品'],
  ['is missing, and so is the ID; a product is found again by one of them', '没有填，ID 也没有；再次导入时要靠其中一个找到商品'],
  ['the SKU {code} is at line {line} already', '规格 {code} 在第 {line} 行已经出现过'],
  ['is missing; a variation names its product by SKU or id:NUMBER', '没有填；规格要用 SKU 或 id:数字 说明属于哪件商品'],
  ['no variable product has the SKU or id {id}', '没有 SKU 或 id 为 {id} 的多规格商品'],
  ['is not a column of this format: {known}', '不是这种格式的列；可用的列有 {known}'],
  ['is there more than once', '出现了不止一次'],
  ['differs from line {line}, which is of the same product', '和第 {line} 行不一样，而两行是同一件商品'],
  ['is missing; a product is found again by it', '没有填；再次导入时要靠它找到商品'],
  ['the code {code} is at line {line} already', '编码 {code} 在第 {line} 行已经出现过'],
  ['is missing', '没有填'],
  ['{value} is neither price:quantity:code:pid:vid nor pid:vid', '{value} 既不是 price:quantity:code:pid:vid 也不是 pid:vid'],
  ['the SKU code "{code}" belongs to the product "{owner}" already, not to "{product}"', '规格编码“{code}”已属于商品“{owner}”，不属于“{product}”'],
  ['"{code}" would have {n} SKUs; at most {most} are possible', '导入后“{code}”会有 {n} 个规格，最多 {most} 个'],
  ['the brand would have {n} products; at most {most} are possible', '导入后品牌会有 {n} 件商品，最多 {most} 件'],
  ['a Taobao assistant file without the columns title, price and skuProps in its second line', '淘宝助理文件的第二行缺少 title、price 和 skuProps 列'],
  ['the columns are {found}; known are {known}', '文件的列是 {found}；可以识别 Shopify、WooCommerce、联播、淘宝助理的格式，和有编码、名称、价格的价目表'],
  // ——— what the bank says of payouts
  ['the columns payout_no and result are needed; reference and reason may follow', '需要 payout_no（商户单号）和 result（结果）两列，后面可以有 reference（流水号）和 reason（失败原因）'],
  ['is no payout of this batch', '不是这一批的付款'],
  ['stands here a second time', '在文件里出现了第二次'],
  ['must be success ({success}) or failed ({failed})', '应为 success（{success}）或 failed（{failed}）'],
  ['a payout that went through has a reference of 1 to 100 bytes', '付款成功的要有流水号，最多 100 个字节'],
  ['was told as done before', '之前已报告为成功'],
  ['is on its way through the payment rail', '正在通过微信支付转账'],
  ['the rail has brought a part of it; send or pay the rest', '微信支付已到账一部分；请把余下的再发放或另行付款'],
  ['was told as failed before, and may be in another batch by now', '之前已报告为失败，可能已在另一批里'],
]

const blank = /\{(\w+)\}/g
const patterns = [...faults, ...details].map(([english, chinese]) => {
  const names = [...english.matchAll(blank)].map((m) => m[1]!)
  const literal = english.split(/\{\w+\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return { pattern: new RegExp(`^${literal.join('([^]+?)')}$`), names, chinese }
})

// The places of a file's errors as rows, "line 12, column phone: …", what is wrong in the reader's language.
export function faultPlaces(problem: Problem): { line: number | undefined; column: string; text: string }[] {
  // Several are listed whole; of one there is only its place and what is wrong.
  const all = problem.more.length > 0 ? problem.more : [`${problem.where}: ${problem.detail}`]
  return all.map((words) => {
    const m = /^line (\d+)(?:, column ([^:]+))?:\s*(.*)$/is.exec(words)
    return { line: m ? Number(m[1]) : undefined, column: m?.[2]?.trim() ?? '', text: faultText(m?.[3] ?? words) }
  })
}

// A sentence beside a title, in the reader's language, or marked as the server's own words.
export function detailText(sentence: string): string {
  const told = faultText(sentence)
  return told === sentence && locale.value !== 'en' ? `服务器的原话：${sentence}` : told
}

// One sentence of the server in the reader's language. Several ("3 errors; the first: …") come with their places; of
// those only the first is in the sentence.
export function faultText(sentence: string): string {
  if (locale.value === 'en') return sentence
  const several = /^(\d+) errors; the first: ([^]*)$/.exec(sentence)
  if (several) return `共 ${several[1]} 处问题；第一处：${faultText(several[2]!)}`
  for (const { pattern, names, chinese } of patterns) {
    const found = pattern.exec(sentence)
    if (found) return chinese.replace(blank, (whole, name: string) => found[names.indexOf(name) + 1] ?? whole)
  }
  return sentence
}
