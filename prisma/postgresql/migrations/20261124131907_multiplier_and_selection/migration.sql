-- AlterTable
ALTER TABLE "Mapping" ADD COLUMN     "listenLastPort" INTEGER,
ADD COLUMN     "selection" JSONB,
ADD COLUMN     "sources" JSONB,
ADD COLUMN     "targetLastPort" INTEGER,
ALTER COLUMN "multiplier" SET DATA TYPE DOUBLE PRECISION;
