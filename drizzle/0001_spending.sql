CREATE TABLE "spending" (
	"day" date NOT NULL,
	"owner_id" text NOT NULL,
	"usd" numeric(12, 6) NOT NULL,
	CONSTRAINT "spending_day_owner_id_pk" PRIMARY KEY("day","owner_id")
);
