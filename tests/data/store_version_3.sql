-- A store of version 3 in mid-harvest, written by zoomasync 0.2.0 (commit a1dc0c0) against its FakeZoom.
PRAGMA application_id = 1515147085;
PRAGMA user_version = 3;
BEGIN TRANSACTION;
CREATE TABLE call_samples (
    run INTEGER NOT NULL,
    at TEXT NOT NULL,
    label TEXT NOT NULL,
    calls INTEGER NOT NULL,
    retries INTEGER NOT NULL,
    throttled INTEGER NOT NULL,
    rate REAL NOT NULL,
    PRIMARY KEY (run, at, label)
) WITHOUT ROWID
;
INSERT INTO "call_samples" VALUES(1,'2026-11-26T10:21:40Z','heavy',3,0,0,10000.0);
INSERT INTO "call_samples" VALUES(2,'2026-11-26T10:21:40Z','heavy',21,4,1,10000.0);
INSERT INTO "call_samples" VALUES(3,'2026-11-26T10:21:40Z','heavy',6,1,0,10000.0);
CREATE TABLE harvest (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    from_ TEXT NOT NULL,
    to_ TEXT NOT NULL
);
INSERT INTO "harvest" VALUES(1,'2026-04-01','2026-05-31');
CREATE TABLE "meeting" ("_part" TEXT NOT NULL, "_seq" INTEGER NOT NULL, "uuid" TEXT, "id" INTEGER, "type" INTEGER, "topic" TEXT, "user_name" TEXT, "user_email" TEXT, "start_time" TEXT, "end_time" TEXT, "duration" INTEGER, "total_minutes" INTEGER, "participants_count" INTEGER, "host_id" TEXT, "dept" TEXT, "custom_keys" TEXT, "tracking_fields" TEXT, "_extra" TEXT, PRIMARY KEY (_part, _seq)) WITHOUT ROWID;
INSERT INTO "meeting" VALUES('uuid/1==',0,'uuid/1==',84000000001,2,'Weekly round','Ada Brink','ada@northpier.example','2026-04-10T09:00:00Z','2026-04-10T09:30:00Z',30,90,3,'host-1','','[]','[]',NULL);
INSERT INTO "meeting" VALUES('uuid/2==',0,'uuid/2==',84000000002,2,'Weekly round','Ada Brink','ada@northpier.example','2026-04-12T09:00:00Z','2026-04-12T09:30:00Z',30,90,3,'host-1','','[]','[]',NULL);
INSERT INTO "meeting" VALUES('uuid/4==',0,'uuid/4==',84000000004,2,'Weekly round','Ada Brink','ada@northpier.example','2026-05-05T09:00:00Z','2026-05-05T09:30:00Z',30,90,3,'host-1','','[]','[]',NULL);
CREATE TABLE "meeting_participants" ("_part" TEXT NOT NULL, "_seq" INTEGER NOT NULL, "id" TEXT, "user_id" TEXT, "name" TEXT, "user_email" TEXT, "join_time" TEXT, "leave_time" TEXT, "duration" INTEGER, "registrant_id" TEXT, "failover" INTEGER, "status" TEXT, "participant_user_id" TEXT, "customer_key" TEXT, "bo_mtg_id" TEXT, "_extra" TEXT, PRIMARY KEY (_part, _seq)) WITHOUT ROWID;
INSERT INTO "meeting_participants" VALUES('uuid/1==',0,'host-1','16778240','Ada Brink','ada@northpier.example','2026-04-10T09:00:00Z','2026-04-10T09:30:00Z',1800,'',0,'in_meeting','host-1','',NULL,NULL);
INSERT INTO "meeting_participants" VALUES('uuid/1==',2,'','16780288','Guest 2','','2026-04-10T09:00:00Z','2026-04-10T09:30:00Z',1800,'',0,'in_meeting','','',NULL,'{"attentiveness_score":"97%"}');
INSERT INTO "meeting_participants" VALUES('uuid/2==',0,'host-1','16778240','Ada Brink','ada@northpier.example','2026-04-12T09:00:00Z','2026-04-12T09:30:00Z',1800,'',0,'in_meeting','host-1','',NULL,NULL);
INSERT INTO "meeting_participants" VALUES('uuid/2==',1,'','16779264','Guest 1','','2026-04-12T09:00:00Z','2026-04-12T09:30:00Z',1800,'',0,'in_meeting','','',NULL,NULL);
INSERT INTO "meeting_participants" VALUES('uuid/2==',2,'','16780288','Guest 2','','2026-04-12T09:00:00Z','2026-04-12T09:30:00Z',1800,'',0,'in_meeting','','',NULL,NULL);
INSERT INTO "meeting_participants" VALUES('uuid/4==',0,'host-1','16778240','Ada Brink','ada@northpier.example','2026-05-05T09:00:00Z','2026-05-05T09:30:00Z',1800,'',0,'in_meeting','host-1','',NULL,NULL);
INSERT INTO "meeting_participants" VALUES('uuid/4==',1,'','16779264','Guest 1','','2026-05-05T09:00:00Z','2026-05-05T09:30:00Z',1800,'',0,'in_meeting','','',NULL,NULL);
CREATE TABLE "meeting_polls" ("_part" TEXT NOT NULL, "_seq" INTEGER NOT NULL, "id" INTEGER, "uuid" TEXT, "start_time" TEXT, "name" TEXT, "first_name" TEXT, "last_name" TEXT, "email" TEXT, "question_details" TEXT, "_extra" TEXT, PRIMARY KEY (_part, _seq)) WITHOUT ROWID;
INSERT INTO "meeting_polls" VALUES('uuid/2==',0,84000000002,'uuid/2==','2026-04-12T09:00:00Z','Guest 1','Guest','1','','[{"question":"Which slot?","answer":"Morning","polling_id":"P0lA7bC9dEfGhIjKlMnOpQ","date_time":"2026-04-12T09:05:00Z"}]',NULL);
CREATE TABLE "meeting_qa" ("_part" TEXT NOT NULL, "_seq" INTEGER NOT NULL, "id" INTEGER, "uuid" TEXT, "start_time" TEXT, "user_id" TEXT, "name" TEXT, "email" TEXT, "question_details" TEXT, "_extra" TEXT, PRIMARY KEY (_part, _seq)) WITHOUT ROWID;
CREATE TABLE "meeting_survey" ("_part" TEXT NOT NULL, "_seq" INTEGER NOT NULL, "start_time" TEXT, "survey_id" TEXT, "survey_name" TEXT, "meeting_id" INTEGER, "meeting_uuid" TEXT, "name" TEXT, "first_name" TEXT, "last_name" TEXT, "email" TEXT, "answer_details" TEXT, "_extra" TEXT, PRIMARY KEY (_part, _seq)) WITHOUT ROWID;
CREATE TABLE partition (
    stream TEXT NOT NULL,
    key TEXT NOT NULL,
    from_ TEXT NOT NULL,
    to_ TEXT NOT NULL,
    calls INTEGER NOT NULL,
    state TEXT NOT NULL,
    pages INTEGER NOT NULL DEFAULT 0,
    rows INTEGER NOT NULL DEFAULT 0,
    invalid_rows INTEGER NOT NULL DEFAULT 0,
    fetched_at TEXT,
    deferred_until TEXT,
    error TEXT,
    detail TEXT,
    tracking_id TEXT,
    warning TEXT,
    not_found_runs INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (stream, key)
) WITHOUT ROWID;
INSERT INTO "partition" VALUES('meeting','uuid/1==','2026-04-10','2026-04-10',1,'done',1,1,0,'2026-11-26T10:21:46Z',NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "partition" VALUES('meeting','uuid/2==','2026-04-12','2026-04-12',1,'done',1,1,0,'2026-11-26T10:21:46Z',NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "partition" VALUES('meeting','uuid/4==','2026-05-05','2026-05-05',1,'done',1,1,0,'2026-11-26T10:21:46Z',NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "partition" VALUES('meeting','uuid/5==','2026-05-06','2026-05-06',1,'pending',0,0,0,NULL,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "partition" VALUES('meeting_participants','uuid/1==','2026-04-10','2026-04-10',1,'done',2,2,1,'2026-11-26T10:21:46Z',NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "partition" VALUES('meeting_participants','uuid/2==','2026-04-12','2026-04-12',1,'done',2,3,0,'2026-11-26T10:21:46Z',NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "partition" VALUES('meeting_participants','uuid/4==','2026-05-05','2026-05-05',1,'in_progress',1,2,0,NULL,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "partition" VALUES('meeting_participants','uuid/5==','2026-05-06','2026-05-06',1,'pending',0,0,0,NULL,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "partition" VALUES('meeting_polls','uuid/1==','2026-04-10','2026-04-10',1,'failed',0,0,0,'2026-11-26T10:21:46Z',NULL,'ServerError','GET /report/meetings/{meetingId}/polls -> 500 (Zoom code 500): Internal error.','v=2.0;clid=fake;rid=WEB_b4b83af3b4b5f243a8ac85a07b47cae2',NULL,0);
INSERT INTO "partition" VALUES('meeting_polls','uuid/2==','2026-04-12','2026-04-12',1,'done',1,1,0,'2026-11-26T10:21:46Z',NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "partition" VALUES('meeting_polls','uuid/4==','2026-05-05','2026-05-05',1,'pending',0,0,0,NULL,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "partition" VALUES('meeting_polls','uuid/5==','2026-05-06','2026-05-06',1,'pending',0,0,0,NULL,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "partition" VALUES('meeting_qa','uuid/1==','2026-04-10','2026-04-10',1,'not_found',0,0,0,'2026-11-26T10:21:46Z',NULL,'NotFound','GET /report/meetings/{meetingId}/qa -> 404 (Zoom code 3001): It does not exist.','v=2.0;clid=fake;rid=WEB_46028347bca60176af7490f6b5575255',NULL,1);
INSERT INTO "partition" VALUES('meeting_qa','uuid/2==','2026-04-12','2026-04-12',1,'rejected',0,0,0,'2026-11-26T10:21:46Z',NULL,'BadRequest','GET /report/meetings/{meetingId}/qa -> 400 (Zoom code 12702): Can not access a meeting a year ago.','v=2.0;clid=fake;rid=WEB_404809f33cca6e93950252ca6212d69b',NULL,0);
INSERT INTO "partition" VALUES('meeting_qa','uuid/4==','2026-05-05','2026-05-05',1,'pending',0,0,0,NULL,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "partition" VALUES('meeting_qa','uuid/5==','2026-05-06','2026-05-06',1,'pending',0,0,0,NULL,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "partition" VALUES('meeting_survey','uuid/1==','2026-04-10','2026-04-10',1,'empty',1,0,0,'2026-11-26T10:21:46Z',NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "partition" VALUES('meeting_survey','uuid/2==','2026-04-12','2026-04-12',1,'empty',1,0,0,'2026-11-26T10:21:46Z',NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "partition" VALUES('meeting_survey','uuid/4==','2026-05-05','2026-05-05',1,'pending',0,0,0,NULL,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "partition" VALUES('meeting_survey','uuid/5==','2026-05-06','2026-05-06',1,'pending',0,0,0,NULL,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "partition" VALUES('user_meetings','host-1/2026-04','2026-04-01','2026-04-30',1,'failed',2,3,0,'2026-11-26T10:21:46Z',NULL,'ServerError','GET /report/users/{userId}/meetings -> 500 (Zoom code 500): Internal error.','v=2.0;clid=fake;rid=WEB_8c14dfb37fe7184e175ea7fa64bb5635',NULL,0);
INSERT INTO "partition" VALUES('user_meetings','host-1/2026-05','2026-05-01','2026-05-31',1,'done',1,2,0,'2026-11-26T10:21:46Z',NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "partition" VALUES('users','2026-04','2026-04-01','2026-04-30',1,'done',1,1,0,'2026-11-26T10:21:46Z',NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "partition" VALUES('users','2026-05','2026-05-01','2026-05-31',1,'done',1,1,0,'2026-11-26T10:21:46Z',NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "partition" VALUES('webinar','uuid/3==','2026-04-15','2026-04-15',1,'done',1,1,0,'2026-11-26T10:21:46Z',NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "partition" VALUES('webinar_participants','uuid/3==','2026-04-15','2026-04-15',1,'deferred',0,0,0,'2026-11-26T10:21:46Z','2026-11-27T00:00:00Z','DailyLimitReached','GET /report/webinars/{webinarId}/participants -> 429 (Zoom code 429): You have reached the maximum daily rate limit for this API. Resumes at 2026-11-27T00:00:00Z.','v=2.0;clid=fake;rid=WEB_8ad57dba7c8f654a0c165c97e5810924',NULL,0);
INSERT INTO "partition" VALUES('webinar_polls','uuid/3==','2026-04-15','2026-04-15',1,'deferred',0,0,0,NULL,'2026-11-27T00:00:00Z',NULL,NULL,NULL,NULL,0);
CREATE TABLE rejected_rows (
    stream TEXT NOT NULL,
    _part TEXT NOT NULL,
    _seq INTEGER NOT NULL,
    path TEXT NOT NULL,
    reason TEXT NOT NULL,
    raw TEXT NOT NULL,
    PRIMARY KEY (stream, _part, _seq)
) WITHOUT ROWID;
INSERT INTO "rejected_rows" VALUES('meeting_participants','uuid/1==',1,'$.participants[1].name','Expected `str | null`, got `object`','{"id":"","user_id":"16779264","name":{"first":"Odd"},"user_email":"odd@northpier.example","join_time":"2026-04-10T09:00:00Z","leave_time":"2026-04-10T09:30:00Z","duration":1800,"failover":false,"status":"in_meeting","participant_user_id":"","customer_key":"","registrant_id":""}');
CREATE TABLE run (
    id INTEGER PRIMARY KEY,
    started_at TEXT NOT NULL,
    ended_at TEXT,
    outcome TEXT,
    host TEXT NOT NULL,
    process INTEGER NOT NULL
);
INSERT INTO "run" VALUES(1,'2026-11-26T10:21:46Z','2026-11-26T10:21:46Z','estimated','golden',1);
INSERT INTO "run" VALUES(2,'2026-11-26T10:21:46Z','2026-11-26T10:21:46Z','stopped: the daily quota is used up until 2026-11-27T00:00:00Z','golden',1);
INSERT INTO "run" VALUES(3,'2026-11-26T10:21:46Z','2026-11-26T10:21:47Z','failed: GET /report/meetings/{meetingId}/participants -> 401 (Zoom code 124): Invalid access token. [tracking id v=2.0;clid=fake;rid=WEB_deb4543f41258f232eaa3c4af2166977]','golden',1);
CREATE TABLE "user_meetings" ("_part" TEXT NOT NULL, "_seq" INTEGER NOT NULL, "uuid" TEXT, "id" INTEGER, "type" INTEGER, "topic" TEXT, "user_name" TEXT, "user_email" TEXT, "start_time" TEXT, "end_time" TEXT, "duration" INTEGER, "total_minutes" INTEGER, "participants_count" INTEGER, "host_name" TEXT, "host_organization" TEXT, "source" TEXT, "session_key" TEXT, "schedule_time" TEXT, "join_time" TEXT, "leave_time" TEXT, "join_waiting_room_time" TEXT, "participants_count_my_account" INTEGER, "has_chat" INTEGER, "has_recording" INTEGER, "has_screen_share" INTEGER, "meeting_encryption_status" INTEGER, "custom_keys" TEXT, "_extra" TEXT, PRIMARY KEY (_part, _seq)) WITHOUT ROWID;
INSERT INTO "user_meetings" VALUES('host-1/2026-04',0,'uuid/1==',84000000001,2,'Weekly round','Ada Brink','ada@northpier.example','2026-04-10T09:00:00Z','2026-04-10T09:30:00Z',30,90,3,'Ada Brink','Northpier','Zoom','',NULL,'2026-04-10T09:00:00Z','2026-04-10T09:30:00Z',NULL,1,0,0,0,2,'[]',NULL);
INSERT INTO "user_meetings" VALUES('host-1/2026-04',1,'uuid/2==',84000000002,2,'Weekly round','Ada Brink','ada@northpier.example','2026-04-12T09:00:00Z','2026-04-12T09:30:00Z',30,90,3,'Ada Brink','Northpier','Zoom','',NULL,'2026-04-12T09:00:00Z','2026-04-12T09:30:00Z',NULL,1,0,0,0,2,'[]',NULL);
INSERT INTO "user_meetings" VALUES('host-1/2026-04',2,'uuid/3==',84000000003,5,'Weekly round','Ada Brink','ada@northpier.example','2026-04-15T09:00:00Z','2026-04-15T09:30:00Z',30,90,3,'Ada Brink','Northpier','Zoom','',NULL,'2026-04-15T09:00:00Z','2026-04-15T09:30:00Z',NULL,1,0,0,0,2,'[]',NULL);
INSERT INTO "user_meetings" VALUES('host-1/2026-05',0,'uuid/4==',84000000004,2,'Weekly round','Ada Brink','ada@northpier.example','2026-05-05T09:00:00Z','2026-05-05T09:30:00Z',30,90,3,'Ada Brink','Northpier','Zoom','',NULL,'2026-05-05T09:00:00Z','2026-05-05T09:30:00Z',NULL,1,0,0,0,2,'[]',NULL);
INSERT INTO "user_meetings" VALUES('host-1/2026-05',1,'uuid/5==',84000000005,2,'Weekly round','Ada Brink','ada@northpier.example','2026-05-06T09:00:00Z','2026-05-06T09:30:00Z',30,90,3,'Ada Brink','Northpier','Zoom','',NULL,'2026-05-06T09:00:00Z','2026-05-06T09:30:00Z',NULL,1,0,0,0,2,'[]',NULL);
CREATE TABLE "users" ("_part" TEXT NOT NULL, "_seq" INTEGER NOT NULL, "id" TEXT, "email" TEXT, "user_name" TEXT, "type" INTEGER, "dept" TEXT, "meetings" INTEGER, "participants" INTEGER, "meeting_minutes" INTEGER, "custom_attributes" TEXT, "_extra" TEXT, PRIMARY KEY (_part, _seq)) WITHOUT ROWID;
INSERT INTO "users" VALUES('2026-04',0,'host-1','ada@northpier.example','Ada Brink',2,'',3,9,270,'[]',NULL);
INSERT INTO "users" VALUES('2026-05',0,'host-1','ada@northpier.example','Ada Brink',2,'',2,6,180,'[]',NULL);
CREATE TABLE "webinar" ("_part" TEXT NOT NULL, "_seq" INTEGER NOT NULL, "uuid" TEXT, "id" INTEGER, "type" INTEGER, "topic" TEXT, "user_name" TEXT, "user_email" TEXT, "start_time" TEXT, "end_time" TEXT, "duration" INTEGER, "total_minutes" INTEGER, "participants_count" INTEGER, "host_id" TEXT, "dept" TEXT, "custom_keys" TEXT, "tracking_fields" TEXT, "_extra" TEXT, PRIMARY KEY (_part, _seq)) WITHOUT ROWID;
INSERT INTO "webinar" VALUES('uuid/3==',0,'uuid/3==',84000000003,5,'Weekly round','Ada Brink','ada@northpier.example','2026-04-15T09:00:00Z','2026-04-15T09:30:00Z',30,90,3,'host-1','','[]','[]',NULL);
CREATE TABLE "webinar_participants" ("_part" TEXT NOT NULL, "_seq" INTEGER NOT NULL, "id" TEXT, "user_id" TEXT, "name" TEXT, "user_email" TEXT, "join_time" TEXT, "leave_time" TEXT, "duration" INTEGER, "registrant_id" TEXT, "failover" INTEGER, "status" TEXT, "participant_user_id" TEXT, "customer_key" TEXT, "bo_mtg_id" TEXT, "_extra" TEXT, PRIMARY KEY (_part, _seq)) WITHOUT ROWID;
CREATE TABLE "webinar_polls" ("_part" TEXT NOT NULL, "_seq" INTEGER NOT NULL, "id" INTEGER, "uuid" TEXT, "start_time" TEXT, "name" TEXT, "first_name" TEXT, "last_name" TEXT, "email" TEXT, "question_details" TEXT, "_extra" TEXT, PRIMARY KEY (_part, _seq)) WITHOUT ROWID;
CREATE INDEX partition_by_day ON partition (from_, stream, key);
COMMIT;
