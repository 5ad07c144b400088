// The one numbered list of everything that can go wrong for a caller.
//
// From it come the enum, the HTTP status, the titles in both languages, the OpenAPI document and docs/errors.md.
// A number is never reused or renumbered: clients store them. Columns: name, number, HTTP status, English, Chinese.
#pragma once

#define LIANBO_ERRORS(X)                                                                                      \
  /* 1xx: the request itself */                                                                               \
  X(malformed_json, 100, 400, "The body is not valid JSON", "请求体不是合法的 JSON")                          \
  X(invalid_field, 101, 422, "A field is not what it must be", "字段不符合要求")                              \
  X(missing_field, 102, 422, "A required field is missing", "缺少必填字段")                                   \
  X(unknown_field, 103, 422, "A field is not known here", "存在未知字段")                                     \
  X(invalid_utf8, 104, 400, "The text is not valid UTF-8", "文本不是合法的 UTF-8")                            \
  X(body_too_large, 105, 413, "The body is larger than allowed", "请求体超过上限")                            \
  X(unsupported_media_type, 106, 415, "This content type is not accepted", "不支持的内容类型")                \
  X(not_found, 107, 404, "There is no such thing here", "未找到")                                             \
  X(method_not_allowed, 108, 405, "This method is not offered here", "不支持该方法")                          \
  X(bad_request, 109, 400, "The request can't be understood", "无法理解的请求")                               \
  X(too_many_requests, 110, 429, "Too many requests; wait a moment", "请求过于频繁，请稍候")                  \
  X(overloaded, 111, 503, "The server is full; try again shortly", "服务繁忙，请稍后重试")                    \
  X(deadline_exceeded, 112, 504, "The request took too long", "请求超时")                                     \
  X(precondition_failed, 113, 412, "The thing has changed since you read it", "内容已被修改，请刷新")         \
  X(uri_too_long, 114, 414, "The address is longer than allowed", "请求地址过长")                             \
  X(headers_too_large, 115, 431, "The headers are larger than allowed", "请求头过大")                         \
  X(shutting_down, 116, 503, "The server is stopping; connect again", "服务正在停止，请重新连接")             \
  X(request_timeout, 117, 408, "The request did not arrive in time", "请求接收超时")                         \
  X(cursor_expired, 118, 410, "What followed this cursor is no longer kept", "游标之后的内容已不再保留")       \
  X(address_refused, 119, 422, "This address may not be called from here", "不允许从服务器访问该地址")         \
  /* 2xx: who you are, what you may do */                                                                     \
  X(unauthenticated, 200, 401, "Log in first", "请先登录")                                                    \
  X(forbidden, 201, 403, "You may not do this", "没有权限")                                                   \
  X(wrong_login, 202, 401, "The login or the password is wrong", "账号或密码错误")                            \
  X(csrf_refused, 203, 403, "This request did not come from our page", "请求来源校验失败")                    \
  X(login_taken, 204, 409, "This login is taken", "该账号已被使用")                                           \
  X(invite_invalid, 205, 410, "This invitation is used up or has expired", "邀请码无效或已过期")              \
  /* 3xx: repeating safely */                                                                                 \
  X(idempotency_mismatch, 300, 422, "This Idempotency-Key was used with another body", "幂等键已用于不同的请求") \
  X(idempotency_required, 301, 400, "This call needs an Idempotency-Key", "该请求需要幂等键")                 \
  X(conflict, 302, 409, "This does not fit the present state", "与当前状态冲突")                              \
  /* 4xx: catalogue and stock */                                                                              \
  X(sold_out, 400, 409, "Sold out", "已售罄")                                                                 \
  X(not_on_sale, 401, 409, "This product is not on sale", "商品已下架")                                       \
  X(csv_invalid, 402, 422, "The file has errors; nothing was imported", "文件有误，未导入任何内容")           \
  X(csv_unknown_format, 403, 422, "The file's header matches no known format", "无法识别的表头")              \
  X(plan_over_cap, 404, 422, "The plan's rates add up to more than the cap", "分佣比例之和超过上限")          \
  X(price_changed, 405, 409, "The price has changed", "价格已变动")                                           \
  X(coupon_gone, 406, 409, "All coupons of this kind are taken", "优惠券已领完")                             \
  X(coupon_unusable, 407, 409, "This coupon can't be used here", "优惠券不可用")                             \
  X(campaign_state_conflict, 408, 409, "The campaign is not in a state for this", "统一选品当前状态不允许此操作") \
  X(over_store_limit, 409, 422, "A store may not take off this much", "超过店铺可让利的上限")                 \
  /* 5xx: people and the matrix */                                                                            \
  X(agent_not_active, 500, 409, "This agent is not active", "该代理未处于激活状态")                           \
  X(agent_state_conflict, 501, 409, "An agent can't go from this state to that one", "代理状态不能如此变更")  \
  X(parent_invalid, 502, 422, "This parent is not possible", "上级设置无效")                                  \
  X(training_incomplete, 503, 409, "The training is not finished", "培训尚未完成")                            \
  /* 6xx: on air */                                                                                           \
  X(broadcast_state_conflict, 600, 409, "The broadcast is not in a state for this", "场次当前状态不允许此操作") \
  X(not_on_shelf, 601, 409, "The product is not on this broadcast's shelf", "商品不在该场次货架上")           \
  X(room_full, 602, 503, "The room is full", "直播间人数已满")                                                \
  X(muted, 603, 403, "You are muted in this room", "你在该直播间已被禁言")                                    \
  X(already_live, 604, 409, "This store is already live", "该店铺正在直播")                                   \
  X(offer_closed, 605, 409, "This is over in the room", "活动已结束")                                         \
  /* 7xx: orders and money */                                                                                 \
  X(order_state_conflict, 700, 409, "The order is not in a state for this", "订单当前状态不允许此操作")       \
  X(refund_exceeds, 701, 422, "More than what was paid and not yet refunded", "退款超过可退金额")             \
  X(payment_refused, 702, 502, "The payment rail refused", "支付渠道拒绝")                                    \
  X(payment_unreachable, 703, 503, "The payment rail can't be reached", "暂时无法连接支付渠道")               \
  X(signature_invalid, 704, 401, "The signature is wrong", "签名验证失败")                                    \
  X(amount_overflow, 705, 422, "The amount is too large", "金额超出范围")                                     \
  X(payment_mismatch, 706, 422, "The notice does not match the order", "支付通知与订单不符")                  \
  X(settlement_conflict, 707, 409, "The settlement is not in a state for this", "结算当前状态不允许此操作")   \
  X(return_exempt, 708, 409, "This product can't be returned without a reason", "该商品不支持无理由退货")     \
  X(return_time_over, 709, 409, "The time to ask for this has passed", "已超过可申请的期限")                  \
  X(second_person, 710, 403, "Somebody else must decide this", "须由另一人处理")                              \
  X(wallet_too_low, 711, 409, "The wallet has too little", "推广钱包余额不足")                                \
  X(promotion_state_conflict, 712, 409, "The promotion is not in a state for this", "推广当前状态不允许此操作") \
  /* 9xx: the server */                                                                                       \
  X(internal, 900, 500, "Something broke on our side", "服务器内部错误")                                      \
  X(database_unavailable, 901, 503, "The database can't be reached", "数据库暂不可用")                        \
  X(database_busy, 902, 503, "The database is too busy", "数据库繁忙")                                        \
  X(disk_full, 903, 507, "The disk is full", "磁盘已满")                                                      \
  X(io_failed, 904, 500, "A file could not be read or written", "文件读写失败")                       \
  X(key_missing, 905, 500, "The key of personal data is not there", "个人信息密钥缺失")
