#!/bin/sh
# The sample community's year, command by command, after: wuse run configs/hongbei.toml
# sh sample_tiles/year.sh configs/hongbei.toml PHOTO    (any picture that shows a cleaned spot)
# Notices are Word files: they need the extra office.
set -eu
CONFIG=$1 PHOTO=$2 DUTIES=$(dirname "$0")/duties.geojson
wuse parties add "$CONFIG" shequ --kind committee --name '虹北社区两委' --as '潘丽' --at 2021-01-15
wuse parties add "$CONFIG" jingheshe --kind cooperative --name '虹北经合社' --as '潘丽' --at 2021-01-15
wuse parties add "$CONFIG" wuye --kind property --name '虹北花苑物业(业委会)' --as '潘丽' --at 2021-01-15
wuse parties add "$CONFIG" fuwu --kind unit --name '社区服务中心' --as '潘丽' --at 2021-01-15
wuse parties add "$CONFIG" xuexiao --kind school --name '虹北小学' --as '潘丽' --at 2021-01-15
wuse parties add "$CONFIG" qiye --kind enterprise --name '锦湖机械厂' --as '潘丽' --at 2021-01-15
wuse parties add "$CONFIG" cishan --kind charity --name '虹北慈善分会' --as '潘丽' --at 2021-01-15
wuse parties add "$CONFIG" zhiyuan --kind social --name '红色细胞志愿服务队' --as '潘丽' --at 2021-01-15
wuse people add "$CONFIG" '潘丽' --party shequ --as '潘丽' --at 2021-01-15
wuse people add "$CONFIG" '倪伟' --party wuye --as '潘丽' --at 2021-01-15
wuse people add "$CONFIG" '陈海' --office '城管驿站' --as '潘丽' --at 2021-01-15
wuse people add "$CONFIG" '林敏' --office '城管驿站' --as '潘丽' --at 2021-01-15
wuse parties places "$CONFIG" "$DUTIES" --as '潘丽' --at 2021-01-15
wuse cases from-flight "$CONFIG" --flight 2021-01 --as '陈海' --at 2021-01-16
wuse pledges sign "$CONFIG" '水果店' --place '锦湖路1号' --as '潘丽' --at 2021-01-18
wuse pledges sign "$CONFIG" '五金店' --place '锦湖路2号' --as '潘丽' --at 2021-01-18
wuse pledges sign "$CONFIG" '早餐店' --place '锦湖路3号' --as '潘丽' --at 2021-01-18
wuse cases open "$CONFIG" --block B03 --x 562054.95 --y 3074327.99 --kind rubbish --severity severe --as '陈海' --at 2021-01-19T09:00
wuse cases assign "$CONFIG" 2021-000001 --as '陈海' --at 2021-01-19T10:00
wuse cases open "$CONFIG" --block B08 --x 562218.11 --y 3074346.02 --kind rubbish --severity severe --as '陈海' --at 2021-01-19T09:00
wuse cases assign "$CONFIG" 2021-000002 --as '陈海' --at 2021-01-19T10:00
wuse cases open "$CONFIG" --block B10 --x 562021.54 --y 3074268.13 --kind rubbish --severity severe --as '陈海' --at 2021-01-19T09:00
wuse cases assign "$CONFIG" 2021-000003 --as '陈海' --at 2021-01-19T10:00
wuse cases open "$CONFIG" --block B12 --x 562073.99 --y 3074307.81 --kind rubbish --severity severe --as '陈海' --at 2021-01-19T09:00
wuse cases assign "$CONFIG" 2021-000004 --as '陈海' --at 2021-01-19T10:00
wuse cases open "$CONFIG" --block B18 --x 561996.92 --y 3074223.91 --kind rubbish --severity severe --as '陈海' --at 2021-01-19T09:00
wuse cases assign "$CONFIG" 2021-000005 --as '陈海' --at 2021-01-19T10:00
wuse cases open "$CONFIG" --block B19 --x 562039.58 --y 3074241.34 --kind rubbish --severity severe --as '陈海' --at 2021-01-19T09:00
wuse cases assign "$CONFIG" 2021-000006 --as '陈海' --at 2021-01-19T10:00
wuse cases open "$CONFIG" --block B24 --x 561971.85 --y 3074180.23 --kind rubbish --severity severe --as '陈海' --at 2021-01-19T09:00
wuse cases assign "$CONFIG" 2021-000007 --as '陈海' --at 2021-01-19T10:00
wuse cases open "$CONFIG" --block B27 --x 562130.1 --y 3074222.62 --kind rubbish --severity severe --as '陈海' --at 2021-01-19T09:00
wuse cases assign "$CONFIG" 2021-000008 --as '陈海' --at 2021-01-19T10:00
wuse cases open "$CONFIG" --block B29 --x 561979.31 --y 3074165.41 --kind rubbish --severity severe --as '陈海' --at 2021-01-19T09:00
wuse cases assign "$CONFIG" 2021-000009 --as '陈海' --at 2021-01-19T10:00
wuse cases open "$CONFIG" --block B34 --x 562162.06 --y 3074187.93 --kind rubbish --severity severe --as '陈海' --at 2021-01-19T09:00
wuse cases assign "$CONFIG" 2021-000010 --as '陈海' --at 2021-01-19T10:00
wuse cases open "$CONFIG" --block B35 --x 562209.31 --y 3074156.05 --kind rubbish --severity severe --as '陈海' --at 2021-01-19T09:00
wuse cases assign "$CONFIG" 2021-000011 --as '陈海' --at 2021-01-19T10:00
wuse cases open "$CONFIG" --block B37 --x 561970.73 --y 3074094.55 --kind rubbish --severity severe --as '陈海' --at 2021-01-19T09:00
wuse cases assign "$CONFIG" 2021-000012 --as '陈海' --at 2021-01-19T10:00
wuse notices make "$CONFIG" 2021-000001 2021-000002 2021-000003 2021-000004 2021-000005 2021-000006 2021-000007 2021-000008 2021-000009 2021-000010 2021-000011 2021-000012 --inspector '陈海' --inspector '林敏' --todo '清理并恢复原状' --as '陈海' --at 2021-01-19T10:30
wuse cases serve "$CONFIG" 2021-000001 2021-000002 2021-000003 2021-000004 2021-000005 2021-000006 2021-000007 2021-000008 2021-000009 2021-000010 2021-000011 2021-000012 --as '陈海' --at 2021-01-19T11:00
wuse notices answer "$CONFIG" 2021-000001 --text '车辆明日到位，申请宽限' --as '陈海' --at 2021-01-20T15:00
wuse cases inspect "$CONFIG" 2021-000001 2021-000002 --failed --as '陈海' --at 2021-01-21T09:00
wuse cases extend "$CONFIG" 2021-000001 --approved-by '林敏' --as '陈海' --at 2021-01-21T10:00
wuse cases handover "$CONFIG" 2021-000002 --as '陈海' --at 2021-01-21T10:00
wuse cases handle "$CONFIG" 2021-000002 --why '执法中队约谈后清理' --as '林敏' --at 2021-01-25T09:00
wuse cases inspect "$CONFIG" --passed --photo "$PHOTO" 2021-000001 2021-000002 2021-000003 2021-000004 2021-000005 2021-000006 2021-000007 2021-000008 2021-000009 2021-000010 2021-000011 2021-000012 --as '陈海' --at 2021-01-26T09:00
wuse cases close "$CONFIG" 2021-000001 2021-000002 2021-000003 2021-000004 2021-000005 2021-000006 2021-000007 2021-000008 2021-000009 2021-000010 2021-000011 2021-000012 --as '林敏' --at 2021-01-26T15:00
wuse notices make "$CONFIG" 2021-000001 2021-000002 2021-000003 2021-000004 2021-000005 2021-000006 2021-000007 2021-000008 2021-000009 2021-000010 2021-000011 2021-000012 --as '陈海' --at 2021-01-26T16:00
wuse blocks plan "$CONFIG" B03 B08 B10 B12 B18 B19 B24 B27 B29 B34 B35 B37 --plan '清运、补绿、完善设施' --due 2021-09-15 --as '潘丽' --at 2021-01-27
wuse blocks work "$CONFIG" B03 B08 B10 B12 B18 B19 B24 B27 B29 B34 B35 B37 --as '潘丽' --at 2021-01-28
wuse campaigns plan "$CONFIG" 2021-01-30 --as '潘丽' --at 2021-01-29
wuse campaigns hold "$CONFIG" C-2021-000001 --people 148 --truckloads 35 --as '潘丽' --at 2021-01-30T17:00
wuse campaigns plan "$CONFIG" 2021-02-10 --as '潘丽' --at 2021-01-29
wuse campaigns hold "$CONFIG" C-2021-000002 --people 155 --truckloads 42 --as '潘丽' --at 2021-02-10T17:00
wuse campaigns plan "$CONFIG" 2021-02-21 --as '潘丽' --at 2021-01-29
wuse campaigns hold "$CONFIG" C-2021-000003 --people 151 --truckloads 38 --as '潘丽' --at 2021-02-21T17:00
wuse campaigns plan "$CONFIG" 2021-03-04 --as '潘丽' --at 2021-01-29
wuse campaigns hold "$CONFIG" C-2021-000004 --people 158 --truckloads 45 --as '潘丽' --at 2021-03-04T17:00
wuse campaigns plan "$CONFIG" 2021-03-15 --as '潘丽' --at 2021-01-29
wuse campaigns hold "$CONFIG" C-2021-000005 --people 154 --truckloads 41 --as '潘丽' --at 2021-03-15T17:00
wuse campaigns plan "$CONFIG" 2021-03-26 --as '潘丽' --at 2021-01-29
wuse campaigns hold "$CONFIG" C-2021-000006 --people 150 --truckloads 37 --as '潘丽' --at 2021-03-26T17:00
wuse campaigns plan "$CONFIG" 2021-04-06 --as '潘丽' --at 2021-01-29
wuse campaigns hold "$CONFIG" C-2021-000007 --people 157 --truckloads 44 --as '潘丽' --at 2021-04-06T17:00
wuse campaigns plan "$CONFIG" 2021-04-17 --as '潘丽' --at 2021-01-29
wuse campaigns hold "$CONFIG" C-2021-000008 --people 153 --truckloads 40 --as '潘丽' --at 2021-04-17T17:00
wuse campaigns plan "$CONFIG" 2021-04-28 --as '潘丽' --at 2021-01-29
wuse campaigns hold "$CONFIG" C-2021-000009 --people 149 --truckloads 36 --as '潘丽' --at 2021-04-28T17:00
wuse campaigns plan "$CONFIG" 2021-05-09 --as '潘丽' --at 2021-01-29
wuse campaigns hold "$CONFIG" C-2021-000010 --people 156 --truckloads 43 --as '潘丽' --at 2021-05-09T17:00
wuse campaigns plan "$CONFIG" 2021-05-20 --as '潘丽' --at 2021-01-29
wuse campaigns hold "$CONFIG" C-2021-000011 --people 152 --truckloads 39 --as '潘丽' --at 2021-05-20T17:00
wuse campaigns plan "$CONFIG" 2021-05-31 --as '潘丽' --at 2021-01-29
wuse campaigns hold "$CONFIG" C-2021-000012 --people 148 --truckloads 35 --as '潘丽' --at 2021-05-31T17:00
wuse campaigns plan "$CONFIG" 2021-06-11 --as '潘丽' --at 2021-01-29
wuse campaigns hold "$CONFIG" C-2021-000013 --people 155 --truckloads 42 --as '潘丽' --at 2021-06-11T17:00
wuse campaigns plan "$CONFIG" 2021-06-22 --as '潘丽' --at 2021-01-29
wuse campaigns hold "$CONFIG" C-2021-000014 --people 151 --truckloads 38 --as '潘丽' --at 2021-06-22T17:00
wuse campaigns plan "$CONFIG" 2021-07-03 --as '潘丽' --at 2021-01-29
wuse campaigns hold "$CONFIG" C-2021-000015 --people 158 --truckloads 45 --as '潘丽' --at 2021-07-03T17:00
wuse campaigns plan "$CONFIG" 2021-07-14 --as '潘丽' --at 2021-01-29
wuse campaigns hold "$CONFIG" C-2021-000016 --people 154 --truckloads 41 --as '潘丽' --at 2021-07-14T17:00
wuse campaigns plan "$CONFIG" 2021-07-25 --as '潘丽' --at 2021-01-29
wuse campaigns hold "$CONFIG" C-2021-000017 --people 150 --truckloads 37 --as '潘丽' --at 2021-07-25T17:00
wuse campaigns plan "$CONFIG" 2021-08-05 --as '潘丽' --at 2021-01-29
wuse campaigns hold "$CONFIG" C-2021-000018 --people 157 --truckloads 44 --as '潘丽' --at 2021-08-05T17:00
wuse campaigns plan "$CONFIG" 2021-08-16 --as '潘丽' --at 2021-01-29
wuse campaigns hold "$CONFIG" C-2021-000019 --people 153 --truckloads 40 --as '潘丽' --at 2021-08-16T17:00
wuse campaigns plan "$CONFIG" 2021-08-27 --as '潘丽' --at 2021-01-29
wuse campaigns hold "$CONFIG" C-2021-000020 --people 149 --truckloads 36 --as '潘丽' --at 2021-08-27T17:00
wuse campaigns plan "$CONFIG" 2021-09-07 --as '潘丽' --at 2021-01-29
wuse campaigns hold "$CONFIG" C-2021-000021 --people 164 --truckloads 42 --as '潘丽' --at 2021-09-07T17:00
wuse lists add-project "$CONFIG" 'B03 更换健身器材8件' --block B03 --due 2021-08-31 --as '潘丽' --at 2021-03-01
wuse lists finish "$CONFIG" P-2021-000001 --result '完成' --item fitness --quantity 8 --as '潘丽' --at 2021-08-30
wuse lists add-project "$CONFIG" 'B10 更换健身器材7件' --block B10 --due 2021-08-31 --as '潘丽' --at 2021-03-01
wuse lists finish "$CONFIG" P-2021-000002 --result '完成' --item fitness --quantity 7 --as '潘丽' --at 2021-08-30
wuse lists add-project "$CONFIG" 'B10 新建电瓶车充电设施1处' --block B10 --due 2021-08-31 --as '潘丽' --at 2021-03-01
wuse lists finish "$CONFIG" P-2021-000003 --result '完成' --item ebike_charging --quantity 1 --as '潘丽' --at 2021-08-30
wuse lists add-project "$CONFIG" 'B18 更换健身器材6件' --block B18 --due 2021-08-31 --as '潘丽' --at 2021-03-01
wuse lists finish "$CONFIG" P-2021-000004 --result '完成' --item fitness --quantity 6 --as '潘丽' --at 2021-08-30
wuse lists add-project "$CONFIG" 'B19 建成公用停车场1处' --block B19 --due 2021-08-31 --as '潘丽' --at 2021-03-01
wuse lists finish "$CONFIG" P-2021-000005 --result '完成' --item parking --quantity 1 --as '潘丽' --at 2021-08-30
wuse lists add-project "$CONFIG" 'B27 整改提升公共厕所1座' --block B27 --due 2021-08-31 --as '潘丽' --at 2021-03-01
wuse lists finish "$CONFIG" P-2021-000006 --result '完成' --item toilet --quantity 1 --as '潘丽' --at 2021-08-30
wuse lists add-project "$CONFIG" 'B29 更换健身器材7件' --block B29 --due 2021-08-31 --as '潘丽' --at 2021-03-01
wuse lists finish "$CONFIG" P-2021-000007 --result '完成' --item fitness --quantity 7 --as '潘丽' --at 2021-08-30
wuse lists add-project "$CONFIG" 'B29 新建电瓶车充电设施1处' --block B29 --due 2021-08-31 --as '潘丽' --at 2021-03-01
wuse lists finish "$CONFIG" P-2021-000008 --result '完成' --item ebike_charging --quantity 1 --as '潘丽' --at 2021-08-30
wuse lists add-project "$CONFIG" 'B35 更换健身器材6件' --block B35 --due 2021-08-31 --as '潘丽' --at 2021-03-01
wuse lists finish "$CONFIG" P-2021-000009 --result '完成' --item fitness --quantity 6 --as '潘丽' --at 2021-08-30
wuse lists add-project "$CONFIG" 'B35 新建电瓶车充电设施1处' --block B35 --due 2021-08-31 --as '潘丽' --at 2021-03-01
wuse lists finish "$CONFIG" P-2021-000010 --result '完成' --item ebike_charging --quantity 1 --as '潘丽' --at 2021-08-30
wuse lists add-project "$CONFIG" '虹北花苑一期环境综合整治' --block B01 --due 2021-08-31 --as '潘丽' --at 2021-03-01
wuse lists finish "$CONFIG" P-2021-000011 --result '完成' --item compound --quantity 1 --as '潘丽' --at 2021-08-30
wuse lists add-project "$CONFIG" '虹北花苑二期环境综合整治' --block B09 --due 2021-08-31 --as '潘丽' --at 2021-03-01
wuse lists finish "$CONFIG" P-2021-000012 --result '完成' --item compound --quantity 1 --as '潘丽' --at 2021-08-30
wuse lists add-project "$CONFIG" '龙池华庭环境综合整治' --block B15 --due 2021-08-31 --as '潘丽' --at 2021-03-01
wuse lists finish "$CONFIG" P-2021-000013 --result '完成' --item compound --quantity 1 --as '潘丽' --at 2021-08-30
wuse lists add-project "$CONFIG" '福泉小区环境综合整治' --block B29 --due 2021-08-31 --as '潘丽' --at 2021-03-01
wuse lists finish "$CONFIG" P-2021-000014 --result '完成' --item compound --quantity 1 --as '潘丽' --at 2021-08-30
wuse cases from-flight "$CONFIG" --flight 2021-09 --as '陈海' --at 2021-09-19
wuse pledges check "$CONFIG" Q-2021-000001 --kept --as '陈海' --at 2021-09-20T09:00
wuse pledges check "$CONFIG" Q-2021-000002 --kept --as '陈海' --at 2021-09-20T09:00
wuse pledges check "$CONFIG" Q-2021-000003 --kept --as '陈海' --at 2021-09-20T09:00
wuse points award "$CONFIG" '水果店' --for frontage --ref Q-2021-000001 --as '陈海' --at 2021-09-20T10:00
wuse blocks check "$CONFIG" B03 B08 B10 B12 B18 B19 B24 B27 B29 B34 B35 B37 --passed --flight 2021-09 --as '陈海' --at 2021-09-21
wuse blocks close "$CONFIG" B03 B08 B10 B12 B18 B19 B24 B27 B29 B34 B35 B37 --flight 2021-09 --as '林敏' --at 2021-09-22
wuse cases verify "$CONFIG"
wuse cases figures "$CONFIG"
