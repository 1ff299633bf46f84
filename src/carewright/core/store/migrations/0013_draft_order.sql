-- In which order a draft was typed: two requests under way at once may arrive in the other one.
ALTER TABLE draft ADD COLUMN opening {text} NOT NULL DEFAULT '';

ALTER TABLE draft ADD COLUMN number bigint NOT NULL DEFAULT 0;
