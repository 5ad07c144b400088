import { languageTag } from '@shared/i18n'
import type { ListCascadesReply } from '@shared/api/schema'

export type ShareNode = ListCascadesReply['items'][number]
// What a link is of, in one line.
export const shareTitle = (node: ShareNode) => node.product || node.host
// 0.83: how many links each led to.
export const factor = (bp: number) => new Intl.NumberFormat(languageTag.value, { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(bp / 10000)
